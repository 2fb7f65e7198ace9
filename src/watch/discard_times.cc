#include "watch/discard_times.h"

#include <uv.h>

#include <algorithm>

namespace tcpkit::watch {

void DiscardTimes::set(const tcp::SegmentEnd& ours, const tcp::SegmentEnd& theirs, bool on) {
  std::vector<Span>& spans = times_[{ours, theirs}];
  const std::uint64_t now = uv_hrtime();
  if (!spans.empty()) spans.back().until = std::min(spans.back().until, now);
  if (on) spans.push_back({now});
}

bool DiscardTimes::knows(const tcp::SegmentEnd& ours, const tcp::SegmentEnd& theirs) const {
  return times_.contains({ours, theirs});
}

bool DiscardTimes::covers(const tcp::Segment& segment, std::uint64_t time) const {
  const auto found = times_.find({segment.to, segment.from});
  if (found == times_.end()) return false;
  return std::any_of(found->second.begin(), found->second.end(),
                     [time](const Span& span) { return span.since <= time && time < span.until; });
}

void DiscardTimes::forget(const tcp::SegmentEnd& one, const tcp::SegmentEnd& other) {
  times_.erase({one, other});
  times_.erase({other, one});
}

}  // namespace tcpkit::watch
