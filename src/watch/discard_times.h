#pragma once

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "tcp/segment.h"

namespace tcpkit::watch {

/// When our ends of connections discarded everything that came in: the steps and the lab's actions
/// that drop segments. All times are nanoseconds of uv_hrtime().
class DiscardTimes {
 public:
  /// From now on the end `ours` discards what comes from `theirs`, or no longer does.
  void set(const tcp::SegmentEnd& ours, const tcp::SegmentEnd& theirs, bool on);
  /// True if that end has ever discarded something.
  [[nodiscard]] bool knows(const tcp::SegmentEnd& ours, const tcp::SegmentEnd& theirs) const;
  /// True if the receiver of the segment, which arrived at `time`, discarded it.
  [[nodiscard]] bool covers(const tcp::Segment& segment, std::uint64_t time) const;
  /// Forgets both ends of a connection.
  void forget(const tcp::SegmentEnd& one, const tcp::SegmentEnd& other);
  [[nodiscard]] bool empty() const { return times_.empty(); }

 private:
  struct Span {
    std::uint64_t since = 0;
    std::uint64_t until = UINT64_MAX;
  };
  std::map<std::pair<tcp::SegmentEnd, tcp::SegmentEnd>, std::vector<Span>>
      times_;  ///< ours, theirs
};

}  // namespace tcpkit::watch
