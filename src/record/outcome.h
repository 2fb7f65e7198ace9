#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "record/field.h"
#include "record/layer.h"

namespace tcpkit::record {

/// How one connection went: the fields of its `summary`, in order. What is not known is empty, and
/// null in the trace; what follows `text` is of the
/// life-cycle commands and of captures, and absent elsewhere.
struct Outcome {
  std::string outcome = "ok";  ///< ok, refused, timeout, reset, blocked, lookup, error
  std::optional<std::string> code;
  std::optional<std::string> local_address;
  std::optional<std::int64_t> local_port;
  std::optional<std::string> remote_address;  ///< also of a last attempt that failed
  std::optional<std::int64_t> remote_port;
  std::optional<std::int64_t> attempts;  ///< of a client
  std::optional<std::int64_t> attempts_failed;
  std::optional<std::string> ended_first;  ///< client or server: whose FIN or RST was the first
  std::optional<std::string> ended_by;     ///< FIN: in order; RST: one of the ends aborted it
  std::optional<std::string> why;          ///< our end's reason for its FIN or RST
  std::optional<std::int64_t> bytes_read;
  std::optional<std::int64_t> bytes_written;
  std::optional<std::int64_t> unsent;          ///< never reached the kernel
  std::optional<std::int64_t> unacknowledged;  ///< by the peer's kernel, when it was closed
  // Microseconds; the trace has milliseconds. All but the first from the start of the lookup, or
  // of the only attempt, or from the accepting.
  std::optional<std::int64_t> lookup_us;
  std::optional<std::int64_t> connect_us;
  std::optional<std::int64_t> first_byte_us;
  std::optional<std::int64_t> total_us;
  std::optional<std::int64_t> rtt_us;  ///< smoothed, the kernel's
  std::optional<std::int64_t> retransmits;
  std::string text;

  std::optional<bool> orderly;  ///< half-close: both FINs were seen, and no error
  std::optional<std::int64_t> half_open_us;
  std::optional<std::int64_t> bytes_meanwhile;
  std::optional<std::string> sent;     ///< reset: FIN, RST, "FIN,RST" or nothing
  std::optional<std::int64_t> probes;  ///< keepalive
  std::optional<std::int64_t> answered;
  std::optional<std::int64_t> noticed_ms;
  std::optional<std::int64_t> theory_ms;
  std::optional<bool> in_flight;
  // Of a connection in a capture
  std::optional<std::int64_t> segments;
  std::optional<std::int64_t> handshake_rtt_us;  ///< from the SYN to the ACK of the SYN,ACK
  std::optional<std::int64_t> zero_windows;
  std::optional<std::int64_t> resets;
  std::optional<std::int64_t> not_captured;  ///< bytes that were acknowledged, but not captured
  std::optional<bool> begun_before;          ///< the beginning is missing
  std::optional<bool> inferred;              ///< which end is the client was guessed by the ports

  static void fields(auto& e, auto&& visit) {
    visit("outcome", e.outcome);
    visit("code", e.code);
    visit("localAddress", e.local_address);
    visit("localPort", e.local_port);
    visit("remoteAddress", e.remote_address);
    visit("remotePort", e.remote_port);
    visit("attempts", e.attempts);
    visit("attemptsFailed", e.attempts_failed);
    visit("endedFirst", e.ended_first);
    visit("endedBy", e.ended_by);
    visit("why", e.why);
    visit("bytesRead", e.bytes_read);
    visit("bytesWritten", e.bytes_written);
    visit("unsent", e.unsent);
    visit("unacknowledged", e.unacknowledged);
    visit("lookupMs", Microseconds{e.lookup_us});
    visit("connectMs", Microseconds{e.connect_us});
    visit("firstByteMs", Microseconds{e.first_byte_us});
    visit("totalMs", Microseconds{e.total_us});
    visit("rttUs", e.rtt_us);
    visit("retransmits", e.retransmits);
    visit("text", e.text);
    visit("orderly", unless_empty(e.orderly));
    visit("halfOpenUs", unless_empty(e.half_open_us));
    visit("bytesMeanwhile", unless_empty(e.bytes_meanwhile));
    visit("sent", unless_empty(e.sent));
    visit("probes", unless_empty(e.probes));
    visit("answered", unless_empty(e.answered));
    visit("noticedMs", unless_empty(e.noticed_ms));
    visit("theoryMs", unless_empty(e.theory_ms));
    visit("inFlight", unless_empty(e.in_flight));
    visit("segments", unless_empty(e.segments));
    visit("handshakeRttUs", unless_empty(e.handshake_rtt_us));
    visit("zeroWindows", unless_empty(e.zero_windows));
    visit("resets", unless_empty(e.resets));
    visit("notCaptured", unless_empty(e.not_captured));
    visit("begunBefore", unless_empty(e.begun_before));
    visit("inferred", unless_empty(e.inferred));
  }
};

/// The sentence for people: "the client ended first, with FIN; received 5 bytes, sent 2; 1.234 ms".
std::string describe(const Outcome& outcome);

/// "127.0.0.1:40312 -> 127.0.0.1:5000", the client first; the only end that is known, or empty.
std::string route_of(const Outcome& outcome, Role role);

}  // namespace tcpkit::record
