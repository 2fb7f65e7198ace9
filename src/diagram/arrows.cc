#include "diagram/arrows.h"

#include <fmt/core.h>

#include <algorithm>

namespace tcpkit::diagram {
namespace {

using record::Layer;

constexpr Hint out(Segment segment) {
  return {segment, true};
}
constexpr Hint in(Segment segment) {
  return {segment, false};
}

bool is_reset(const Entry& e) {
  return e.code == "ECONNRESET" || e.code == "EPIPE";
}

Hints infer_call(const Entry& e) {
  if (e.event == "connect") return {out(Segment::syn)};
  if (e.event == "write") return {out(Segment::data)};
  if (e.event == "end" || e.event == "destroySoon") return {out(Segment::fin)};
  if (e.event == "destroy") return {out(e.resets() ? Segment::rst : Segment::fin)};
  if (e.event == "resetAndDestroy") {
    return {out(e.reset.value_or(true) ? Segment::rst : Segment::fin)};
  }
  return {};
}

Hints infer_event(const Entry& e) {
  if (e.event == "connectionAttempt") return {out(Segment::syn)};
  if (e.event == "connectionAttemptFailed" && e.code == "ECONNREFUSED") return {in(Segment::rst)};
  if (e.event == "connect") return {in(Segment::syn_ack), out(Segment::handshake_ack)};
  if (e.event == "connection") {
    return {in(Segment::syn), out(Segment::syn_ack), in(Segment::handshake_ack)};
  }
  if (e.event == "data") return {in(Segment::data)};
  if (e.event == "end") return {in(Segment::fin)};
  if (e.event == "finish") {
    if (e.bytes_written.value_or(0) > 0) return {out(Segment::data), out(Segment::fin)};
    return {out(Segment::fin)};
  }
  if (e.event == "error" && is_reset(e)) return {in(Segment::rst)};
  return {};
}

Hints infer_kernel(const Entry& e) {
  if (e.event == "ack" || e.event == "finAcked") return {in(Segment::ack)};
  if (e.event == "retransmit") return {out(Segment::retransmission)};
  if (e.event == "keepaliveProbe") return {out(Segment::probe)};
  if (e.event == "keepaliveAck") return {in(Segment::probe_ack)};
  return {};
}

std::string bytes_text(std::uint64_t bytes) {
  return fmt::format("{} byte{}", bytes, bytes == 1 ? "" : "s");
}

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

Hints infer(const Entry& entry) {
  switch (entry.layer.value_or(Layer::note)) {
    case Layer::call:
      return infer_call(entry);
    case Layer::event:
      return infer_event(entry);
    case Layer::kernel:
      return infer_kernel(entry);
    case Layer::wire:
    case Layer::note:
      break;
  }
  return {};
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
      return bytes_text(bytes);
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
  if (segment == Segment::data) return bytes_text(bytes);
  if (segment == Segment::fin) return "end";
  if (segment == Segment::rst) return "reset";
  return {};
}

Origin origin_of(const Entry& entry) {
  if (entry.layer == Layer::event) {
    if (entry.event == "finish") return Origin::finish;
    return entry.event == "drain" ? Origin::drain : Origin::other;
  }
  if (entry.layer != Layer::call) return Origin::other;
  if (entry.event == "connect") return Origin::connect_call;
  if (entry.event == "write") {
    return entry.flushed.value_or(true) ? Origin::write_call : Origin::queued_write;
  }
  const bool closing =
      entry.event == "end" || entry.event == "destroySoon" || entry.event == "destroy";
  return closing ? Origin::closing_call : Origin::other;
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
