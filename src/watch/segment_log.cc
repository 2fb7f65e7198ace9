#include "watch/segment_log.h"

namespace tcpkit::watch {

void SegmentLog::add(const tcp::Segment& s, std::uint64_t time) {
  static constexpr std::size_t most = 16384;
  const Key key = s.to < s.from ? Key{s.to, s.from} : Key{s.from, s.to};
  const auto [found, added] = connections_.try_emplace(key);
  if (added) {
    order_.push_back(key);
    if (order_.size() > most) {
      connections_.erase(order_.front());
      order_.pop_front();
    }
  }
  Sides& sides = found->second;
  const std::size_t side = key.first == s.from ? 0 : 1;
  const auto passed = [time](std::optional<std::uint64_t>& first) {
    if (!first) first = time;
  };

  if (s.has(tcp::Segment::syn)) {
    const bool asks = !s.has(tcp::Segment::ack_flag);
    const bool another = sides[side].times.syn && sides[side].behind_syn != s.seq + 1;
    if (asks && another) sides = {};  // the ports are used again
    if (another) sides[side] = {};
    Side& own = sides[side];
    own.behind_syn = s.seq + 1;
    own.times.asked |= asks;
    passed(own.times.syn);
  }
  if (s.has(tcp::Segment::fin)) {
    sides[side].behind_fin = s.seq + s.length + 1;
    passed(sides[side].times.fin);
  }
  if (s.has(tcp::Segment::rst)) {
    passed(sides[side].times.rst);  // its ACK is an answer, and takes nothing
  } else if (s.has(tcp::Segment::ack_flag)) {
    Side& other = sides[1 - side];
    // Numbers wrap around (RFC 9293, 3.4).
    const auto covers = [&](std::uint32_t number) {
      return static_cast<std::int32_t>(s.ack - number) >= 0;
    };
    if (other.times.syn && covers(other.behind_syn)) passed(other.times.syn_acked);
    if (other.times.fin && covers(other.behind_fin)) passed(other.times.fin_acked);
  }
}

std::optional<SegmentTimes> SegmentLog::times(const tcp::SegmentEnd& ours,
                                              const tcp::SegmentEnd& theirs) const {
  const auto found = connections_.find(theirs < ours ? Key{theirs, ours} : Key{ours, theirs});
  if (found == connections_.end()) return {};
  const auto& [low, high] = found->second;
  return theirs < ours ? SegmentTimes{high.times, low.times} : SegmentTimes{low.times, high.times};
}

}  // namespace tcpkit::watch
