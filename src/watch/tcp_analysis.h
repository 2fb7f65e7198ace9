#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "os/segment.h"
#include "trace/event.h"

namespace tcpkit::watch {

/// What the captured segments of one connection mean, each in the light of those before it:
/// relative numbers, scaled windows, and labels by the rules of Wireshark (tcp_analyze_sequence_
/// number() in packet-tcp.c). Pure.
class TcpAnalysis {
 public:
  /// The record of the next segment; `nanoseconds` on any clock.
  trace::wire::Segment add(const os::Segment& segment, std::uint64_t nanoseconds);

  /// Nothing more is to be expected: a RST went by, or both FINs and the ACKs of both.
  [[nodiscard]] bool over() const;

 private:
  /// What one end has sent so far.
  struct Direction {
    std::optional<std::uint32_t> first;  ///< the number that is shown as 0
    std::optional<std::uint32_t> next;   ///< the number behind the last byte, SYN or FIN
    std::uint64_t next_at = 0;           ///< when `next` last advanced
    std::optional<std::uint32_t> acked;  ///< its last ACK
    /// Its last window, not scaled; none of a SYN, which is of another scale.
    std::optional<std::uint16_t> window;
    std::optional<unsigned> scale;     ///< of its SYN
    std::optional<std::uint32_t> fin;  ///< the number behind its FIN
    bool probing = false;              ///< its last segment was a keep-alive
    int dup_acks = 0;                  ///< in a row
  };

  [[nodiscard]] std::string_view label(const os::Segment& s, const Direction& forth,
                                       const Direction& back, std::uint64_t nanoseconds) const;
  static void set_first_numbers(const os::Segment& s, Direction& forth, Direction& back);
  void remember(const os::Segment& s, Direction& forth, std::uint64_t nanoseconds) const;

  std::optional<os::SegmentEnd> first_sender_;
  std::array<Direction, 2> directions_;
  bool reset_ = false;
};

}  // namespace tcpkit::watch
