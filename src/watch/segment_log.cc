#include "watch/segment_log.h"

#include "tcp/seen_numbers.h"

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

  const bool is_control = s.has(tcp::Segment::syn) || s.has(tcp::Segment::fin);
  if (s.has(tcp::Segment::syn)) {
    const bool asks = !s.has(tcp::Segment::ack_flag);
    const bool another = sides[side].times.syn && sides[side].behind_syn != s.seq + 1;
    if (asks && another) sides = {};  // the ports are used again
    if (another) sides[side] = {};
    sides[side].behind_syn = s.seq + 1;
    sides[side].times.asked |= asks;
    passed(sides[side].times.syn);
  }
  if (s.has(tcp::Segment::fin)) {
    sides[side].behind_fin = s.seq + s.length + 1;
    passed(sides[side].times.fin);
  }
  Side& own = sides[side];
  Side& other = sides[1 - side];
  if (s.has(tcp::Segment::rst)) {
    // Its ACK is an answer, and takes nothing.
    if (tcp::resets(s.seq, own.next, other.acked)) passed(own.times.rst);
    return;
  }
  const std::uint32_t behind = s.seq + s.length + (is_control ? 1 : 0);
  if (!own.next || tcp::is_before(*own.next, behind)) own.next = behind;
  if (s.has(tcp::Segment::ack_flag)) {
    own.acked = s.ack;
    const auto covers = [&](std::uint32_t number) { return !tcp::is_before(s.ack, number); };
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
