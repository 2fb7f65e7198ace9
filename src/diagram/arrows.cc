#include "diagram/arrows.h"

#include <algorithm>
#include <variant>

#include "record/words.h"

namespace tcpkit::diagram {
namespace {

namespace call = record::call;
namespace ev = record::ev;
namespace kernel = record::kernel;

constexpr Hint out(Segment segment) {
  return {segment, true};
}
constexpr Hint in(Segment segment) {
  return {segment, false};
}

/// What a record lets infer; most nothing.
struct Infer {
  template <class E>
  Hints operator()(const E& /*e*/) const {
    return {};
  }

  Hints operator()(const call::Connect& /*e*/) const { return {out(Segment::syn)}; }
  Hints operator()(const call::Write& /*e*/) const { return {out(Segment::data)}; }
  Hints operator()(const call::End& /*e*/) const { return {out(Segment::fin)}; }
  Hints operator()(const call::DestroySoon& /*e*/) const { return {out(Segment::fin)}; }
  Hints operator()(const call::Destroy& e) const {
    return {out(e.resets() ? Segment::rst : Segment::fin)};
  }
  Hints operator()(const call::ResetAndDestroy& e) const {
    return {out(e.reset ? Segment::rst : Segment::fin)};
  }

  Hints operator()(const ev::ConnectionAttempt& /*e*/) const { return {out(Segment::syn)}; }
  Hints operator()(const ev::ConnectionAttemptFailed& e) const {
    return e.error.code == "ECONNREFUSED" ? Hints{in(Segment::rst)} : Hints{};
  }
  Hints operator()(const ev::Connect& /*e*/) const {
    return {in(Segment::syn_ack), out(Segment::handshake_ack)};
  }
  Hints operator()(const ev::Connection& /*e*/) const {
    return {in(Segment::syn), out(Segment::syn_ack), in(Segment::handshake_ack)};
  }
  Hints operator()(const ev::Data& /*e*/) const { return {in(Segment::data)}; }
  Hints operator()(const ev::End& /*e*/) const { return {in(Segment::fin)}; }
  Hints operator()(const ev::Finish& e) const {
    if (e.bytes_written > 0) return {out(Segment::data), out(Segment::fin)};
    return {out(Segment::fin)};
  }
  Hints operator()(const ev::Failure& e) const {
    const bool reset = e.error.code == "ECONNRESET" || e.error.code == "EPIPE";
    return reset ? Hints{in(Segment::rst)} : Hints{};
  }

  Hints operator()(const kernel::Ack& /*e*/) const { return {in(Segment::ack)}; }
  Hints operator()(const kernel::FinAcked& /*e*/) const { return {in(Segment::ack)}; }
  Hints operator()(const kernel::Retransmit& /*e*/) const { return {out(Segment::retransmission)}; }
  Hints operator()(const kernel::KeepaliveProbe& /*e*/) const { return {out(Segment::probe)}; }
  Hints operator()(const kernel::KeepaliveAck& /*e*/) const { return {in(Segment::probe_ack)}; }
};

struct OriginOf {
  template <class E>
  Origin operator()(const E& /*e*/) const {
    return Origin::other;
  }
  Origin operator()(const ev::Finish& /*e*/) const { return Origin::finish; }
  Origin operator()(const ev::Drain& /*e*/) const { return Origin::drain; }
  Origin operator()(const call::Connect& /*e*/) const { return Origin::connect_call; }
  Origin operator()(const call::Write& e) const {
    return e.flushed ? Origin::write_call : Origin::queued_write;
  }
  Origin operator()(const call::End& /*e*/) const { return Origin::closing_call; }
  Origin operator()(const call::DestroySoon& /*e*/) const { return Origin::closing_call; }
  Origin operator()(const call::Destroy& /*e*/) const { return Origin::closing_call; }
};

bool has(const Hints& hints, Segment segment, bool sent) {
  return std::any_of(hints.begin(), hints.end(),
                     [&](const Hint& h) { return h.segment == segment && h.out == sent; });
}

void drop(Hints& hints, Segment segment) {
  for (Hint& hint : hints) {
    if (hint.segment == segment && hint.out) hint = {};
  }
}

}  // namespace

Hints infer(const record::Body& body) {
  return std::visit(Infer{}, body);
}

std::string label_of(Segment segment, std::uint64_t bytes) {
  switch (segment) {
    case Segment::none:
      break;
    case Segment::syn:
      return "SYN";
    case Segment::syn_ack:
      return "SYN,ACK";
    case Segment::handshake_ack:
    case Segment::ack:
      return "ACK";
    case Segment::data:
      return record::count_bytes(bytes);
    case Segment::fin:
      return "FIN";
    case Segment::rst:
      return "RST";
    case Segment::probe:
      return "keep-alive";
    case Segment::probe_ack:
      return "keep-alive-ack";
    case Segment::retransmission:
      return "retransmission";
  }
  return {};
}

std::string unix_label_of(Segment segment, std::uint64_t bytes) {
  if (segment == Segment::syn) return "connect";
  if (segment == Segment::data) return record::count_bytes(bytes);
  if (segment == Segment::fin) return "end";
  if (segment == Segment::rst) return "reset";
  return {};
}

Origin origin_of(const record::Body& body) {
  return std::visit(OriginOf{}, body);
}

void settle(const std::vector<Hinted>& records) {
  bool attempt = false;
  bool made = false;
  bool written = false;
  bool finish = false;
  const auto is_handshake = [](const Hints& hints) {
    return has(hints, Segment::syn_ack, false) || has(hints, Segment::syn_ack, true);
  };
  for (const Hinted& r : records) {
    attempt = attempt || (r.origin == Origin::other && has(*r.hints, Segment::syn, true));
    made = made || is_handshake(*r.hints);
    written = written || r.origin == Origin::write_call || r.origin == Origin::queued_write;
    finish = finish || r.origin == Origin::finish;
  }
  bool waits = attempt;  // data or end() wait: for the connection, or for room in the kernel
  bool closed = false;   // our FIN or RST is out
  for (const Hinted& r : records) {
    Hints& hints = *r.hints;
    if (r.origin == Origin::queued_write) waits = true;
    if (r.origin == Origin::drain || is_handshake(hints)) waits = false;
    if (attempt && r.origin == Origin::connect_call) drop(hints, Segment::syn);
    if (written && r.origin == Origin::finish) drop(hints, Segment::data);
    // A connection that was never made has nothing to end.
    const bool never = attempt && !made;
    const bool later = waits && finish && r.origin == Origin::closing_call;
    if (never || later || closed) drop(hints, Segment::fin);
    if (never) drop(hints, Segment::rst);
    closed = closed || has(hints, Segment::fin, true) || has(hints, Segment::rst, true);
  }
}

}  // namespace tcpkit::diagram
