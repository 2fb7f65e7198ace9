#include "tcp/inference.h"

#include "tcp/seen_numbers.h"

namespace tcpkit::tcp {
namespace {

/// `number` was acknowledged by `ack`.
bool covers(std::optional<std::uint32_t> ack, std::optional<std::uint32_t> number) {
  return ack && number && !is_before(*ack, *number);
}

bool is_open(std::optional<State> state) {
  return state == State::established || state == State::close_wait || state == State::fin_wait1 ||
         state == State::fin_wait2 || state == State::closing || state == State::last_ack;
}

}  // namespace

bool Inference::has_fin(std::size_t end) const {
  return covers(ends_.at(end).acked, ends_.at(1 - end).fin);
}

bool Inference::over() const {
  const auto is_over = [](const End& e) {
    return e.state == State::closed || e.state == State::time_wait;
  };
  return is_over(ends_[0]) && is_over(ends_[1]);
}

void Inference::move(std::size_t end, State to, const Report& report) {
  End& e = ends_.at(end);
  if (e.state == to) return;
  report({end, e.state, to});
  e.state = to;
}

void Inference::add(const Segment& s, std::size_t sender, const Report& report) {
  End& e = ends_.at(sender);
  End& other = ends_.at(1 - sender);
  const bool first = !begun_;
  begun_ = true;
  if (s.has(Segment::syn)) {
    begun_before_ = begun_before_ || (first && s.has(Segment::ack_flag));
    take_syn(s, sender, report);
  } else if (first && !s.has(Segment::rst)) {
    begun_before_ = true;
    move(sender, State::established, report);
    move(1 - sender, State::established, report);
  } else if (first) {
    begun_before_ = true;
  }
  if (s.has(Segment::rst)) {
    // One that has the wrong number is ignored; that of a SYN only counts if it answers it.
    const bool asks = other.state == State::syn_sent;
    const bool ends = asks ? !s.has(Segment::ack_flag) || covers(s.ack, other.next)
                           : resets(s.seq, e.next, other.acked);
    if (!ends) return;
    for (const std::size_t end : {sender, 1 - sender}) {
      // An end that never was in any state had none to leave; TIME_WAIT is over soon anyway.
      if (ends_.at(end).state || begun_before_) move(end, State::closed, report);
    }
    return;
  }
  const std::uint32_t control = s.has(Segment::syn) || s.has(Segment::fin) ? 1 : 0;
  const std::uint32_t behind = s.seq + s.length + control;
  if (!e.next || is_before(*e.next, behind)) {
    e.next = behind;
    e.maybe_fin.reset();  // it goes on: that was a byte
  }
  if (s.has(Segment::ack_flag)) take_ack(s, sender, report);
  if (s.has(Segment::fin) && !e.fin) {
    e.fin = behind;
    take_fin(sender, report);
  }
}

void Inference::take_syn(const Segment& s, std::size_t sender, const Report& report) {
  End& e = ends_.at(sender);
  const bool again = e.syn == s.seq;
  e.syn = s.seq;
  // With crossed SYNs each end sends its own once more, with an ACK (RFC 9293, figure 8).
  if (again && !(s.has(Segment::ack_flag) && e.state == State::syn_sent)) return;
  if (!s.has(Segment::ack_flag)) {
    if (!e.state) e.state = State::closed;
    move(sender, State::syn_sent, report);
    return;
  }
  const std::size_t other = 1 - sender;
  if (!ends_.at(other).state) move(other, State::syn_sent, report);  // its SYN was not captured
  if (!e.state) e.state = State::listen;
  if (e.state == State::listen || e.state == State::syn_sent) move(sender, State::syn_rcvd, report);
}

void Inference::take_ack(const Segment& s, std::size_t sender, const Report& report) {
  End& e = ends_.at(sender);
  End& other = ends_.at(1 - sender);
  // What it acknowledges was sent, captured or not. One more than all data is a FIN, if this end
  // ends its stream, too, and nothing follows.
  if (other.next && is_before(*other.next, s.ack)) {
    if (s.ack - *other.next == 1 && !other.fin) other.maybe_fin = s.ack;
    other.next = s.ack;
  }
  if (other.maybe_fin && !other.fin && (e.fin || s.has(Segment::fin))) {
    other.fin = other.maybe_fin;
    take_fin(1 - sender, report);
  }
  if (!e.acked || is_before(*e.acked, s.ack)) e.acked = s.ack;
  const bool syn = s.has(Segment::syn);
  // Its handshake is over: it has the other one's SYN.
  if (!syn && e.state == State::syn_sent && other.syn) move(sender, State::established, report);
  if (!syn && e.state == State::syn_rcvd && other.state != State::syn_sent)
    move(sender, State::established, report);
  if (other.state == State::syn_rcvd && other.syn && is_before(*other.syn, s.ack))
    move(1 - sender, State::established, report);
  settle(sender, report);
  settle(1 - sender, report);
}

void Inference::take_fin(std::size_t sender, const Report& report) {
  End& e = ends_.at(sender);
  const End& other = ends_.at(1 - sender);
  // A FIN right after the handshake's last ACK, or instead of it.
  if (e.state == State::syn_rcvd || e.state == State::syn_sent)
    move(sender, State::established, report);
  if (other.fin && !has_fin(sender)) fins_crossed_ = true;
  if (e.state == State::established) move(sender, State::fin_wait1, report);
  if (e.state == State::close_wait) move(sender, State::last_ack, report);
  settle(sender, report);
}

/// What follows from the FINs and their ACKs.
void Inference::settle(std::size_t end, const Report& report) {
  const std::optional<State> state = ends_.at(end).state;
  if (!is_open(state)) return;
  const bool received = has_fin(end);
  const bool acked = has_fin(1 - end);
  if (state == State::established && received) move(end, State::close_wait, report);
  if (state == State::fin_wait1 && acked) {
    // The other one's FIN, which was on its way, came before its ACK.
    move(end, fins_crossed_ ? State::closing : State::fin_wait2, report);
    if (fins_crossed_) move(end, State::time_wait, report);
  }
  if (state == State::fin_wait1 && !acked && received) move(end, State::closing, report);
  if (state == State::closing && acked) move(end, State::time_wait, report);
  if (state == State::last_ack && acked) move(end, State::closed, report);
  if (ends_.at(end).state == State::fin_wait2 && received) move(end, State::time_wait, report);
}

}  // namespace tcpkit::tcp
