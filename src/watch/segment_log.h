#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <utility>

#include "tcp/segment.h"

namespace tcpkit::watch {

/// What the captured segments of a connection say of its states, by the times at which they passed.
struct SegmentTimes {
  struct End {
    std::optional<std::uint64_t> syn;
    std::optional<std::uint64_t> syn_acked;  ///< by the other end
    std::optional<std::uint64_t> fin;
    std::optional<std::uint64_t> fin_acked;
    std::optional<std::uint64_t> rst;
    bool asked = false;  ///< it sent a SYN without an ACK
  };
  End ours;
  End theirs;

  /// Puts all times on another clock.
  template <class F>
  void turn(F&& to) {
    for (End* end : {&ours, &theirs}) {
      for (auto* time : {&end->syn, &end->syn_acked, &end->fin, &end->fin_acked, &end->rst}) {
        if (*time) *time = to(**time);
      }
    }
  }
};

/// Remembers them of all connections whose segments are captured; of the latest ones, if there are
/// very many. Pure.
class SegmentLog {
 public:
  /// `time` on any clock.
  void add(const tcp::Segment& segment, std::uint64_t time);
  /// nullopt if nothing has passed between these ends.
  [[nodiscard]] std::optional<SegmentTimes> times(const tcp::SegmentEnd& ours,
                                                  const tcp::SegmentEnd& theirs) const;

 private:
  /// Both ends, the lower one first.
  using Key = std::pair<tcp::SegmentEnd, tcp::SegmentEnd>;
  struct Side {
    SegmentTimes::End times;
    std::uint32_t behind_syn = 0;
    std::uint32_t behind_fin = 0;
    std::optional<std::uint32_t> next;   ///< behind all that it has sent
    std::optional<std::uint32_t> acked;  ///< its last ACK
  };
  using Sides = std::array<Side, 2>;

  std::map<Key, Sides> connections_;
  std::deque<Key> order_;  ///< oldest first
};

}  // namespace tcpkit::watch
