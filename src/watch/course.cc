#include "watch/course.h"

#include <algorithm>
#include <utility>

namespace tcpkit::watch {

namespace kernel = record::kernel;

namespace {

std::optional<std::string_view> name_or_null(tcp::State state) {
  return state == tcp::State::unknown ? std::nullopt : std::optional(tcp::to_string(state));
}

}  // namespace

void Course::sent(std::uint64_t bytes) {
  sent_ = std::max(sent_, bytes);
  count_acked(counted_);
}

void Course::count_acked(std::uint64_t bytes) {
  counted_ = bytes;
  facts_.fin_acked |= facts_.fin_sent && bytes >= syn_ + sent_ + 1;
}

void Course::settle_acks() {
  acknowledge(std::min(sent_, count_data(counted_)), {}, {});
}

void Course::acknowledge(std::uint64_t bytes, std::optional<std::uint64_t> time,
                         std::optional<std::uint32_t> rtt_us) {
  if (bytes <= acked_) return;
  acked_ = bytes;
  const std::uint64_t now = tracer_->now();
  // A program that had stopped reading looks for ACKs now and then: this one may be too old.
  const std::uint64_t earliest = std::max(last_ack_at_, tracer_->handed_on());
  last_ack_at_ = std::clamp(time.value_or(now), std::min(earliest, now), now);
  tracer_->emit_at(last_ack_at_, role_, number_, kernel::Ack{acked_, rtt_us, !time});
}

/// What the wire shows and the kernel does not: who was first, and what the kernel did not say in
/// time. What came behind a RST took no effect.
void Course::learn(const SegmentTimes& segments) {
  const auto& [ours, theirs] = segments;
  const std::uint64_t end =
      std::min(ours.rst.value_or(UINT64_MAX), theirs.rst.value_or(UINT64_MAX));
  const auto passed = [end](const std::optional<std::uint64_t>& time) {
    return time && *time < end;
  };
  facts_.syns_crossed |= role_ == record::Role::client && ours.asked && theirs.asked;
  facts_.fin_sent |= passed(ours.fin);
  facts_.fin_came |= passed(theirs.fin_acked);  // else data before it may have been lost
  facts_.fin_acked |= passed(ours.fin_acked);
  facts_.ours_first = ours.fin && (!theirs.fin || *ours.fin < *theirs.fin);
  // Each end acknowledges a FIN as soon as it has all before it.
  facts_.fins_crossed |=
      passed(theirs.fin_acked) && *theirs.fin_acked < ours.fin_acked.value_or(UINT64_MAX);
}

/// When the segment passed that led there.
std::optional<std::uint64_t> Course::time_of(tcp::State next, const SegmentTimes& s) const {
  switch (next) {
    case tcp::State::syn_rcvd:
      return s.theirs.syn;
    case tcp::State::established:
      return role_ == record::Role::client && !s.theirs.asked ? s.theirs.syn : s.ours.syn_acked;
    case tcp::State::fin_wait1:
    case tcp::State::last_ack:
      return s.ours.fin;
    case tcp::State::fin_wait2:
      return s.ours.fin_acked;
    case tcp::State::close_wait:
    case tcp::State::closing:
      return s.theirs.fin;
    default:
      return {};
  }
}

void Course::ask(std::uint64_t time, bool seen) {
  state_ = tcp::State::syn_sent;
  last_state_at_ = time;
  tracer_->emit_at(time, role_, number_,
                   kernel::State{name_or_null(tcp::State::closed), name_or_null(state_), !seen});
}

void Course::arrive(tcp::State state, const std::optional<SegmentTimes>& segments, bool seen) {
  if (state == state_ || over_) return;
  if (segments) learn(*segments);
  const std::vector<tcp::State> path = tcp::way(state_, state, facts_);
  for (const tcp::State& next : path)
    step(next, seen && &next == &path.back(), segments);
}

void Course::step(tcp::State next, bool seen, const std::optional<SegmentTimes>& segments) {
  const std::uint64_t now = tracer_->now();
  auto at = segments && !seen ? time_of(next, *segments) : std::nullopt;
  // Records are held for a moment only: what passed before it has no place among them any more.
  static constexpr std::uint64_t held = 40'000'000;
  if (at && *at + held < now) at.reset();
  const tcp::State from = std::exchange(state_, next);
  last_state_at_ = std::clamp(at.value_or(now), std::min(last_state_at_, now), now);
  tracer_->emit_at(last_state_at_, role_, number_,
                   kernel::State{name_or_null(from), name_or_null(next), !seen});
  const bool past_our_fin = next == tcp::State::fin_wait2 || next == tcp::State::time_wait;
  const bool last_ack_came =
      from == tcp::State::last_ack && next == tcp::State::closed && facts_.fin_acked;
  if (past_our_fin || last_ack_came) report_fin_acked(last_state_at_, last_ack_came);
  over_ =
      next == tcp::State::closed || next == tcp::State::time_wait || next == tcp::State::unknown;
}

/// It acknowledges all data before it, whose own word may have been too late for the descriptor.
void Course::report_fin_acked(std::uint64_t time, bool inferred) {
  if (std::exchange(fin_reported_, true)) return;
  acknowledge(sent_, {}, {});
  tracer_->emit_at(std::max(time, last_ack_at_), role_, number_, kernel::FinAcked{inferred});
}

}  // namespace tcpkit::watch
