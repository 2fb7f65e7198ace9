#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "record/layer.h"

namespace tcpkit::record {

/// How one connection went: the fields of its `summary`, in order. What is not known is empty, and
/// null in the trace; what stands behind `text` is of the life-cycle commands and absent elsewhere.
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

  /// A number of milliseconds with three decimals.
  struct Milliseconds {
    std::int64_t us;
  };

  template <class V>
  void fields(V&& visit) const {
    const auto ms = [](const std::optional<std::int64_t>& us) {
      return us ? std::optional(Milliseconds{*us}) : std::nullopt;
    };
    visit("outcome", outcome);
    visit("code", code);
    visit("localAddress", local_address);
    visit("localPort", local_port);
    visit("remoteAddress", remote_address);
    visit("remotePort", remote_port);
    visit("attempts", attempts);
    visit("attemptsFailed", attempts_failed);
    visit("endedFirst", ended_first);
    visit("endedBy", ended_by);
    visit("why", why);
    visit("bytesRead", bytes_read);
    visit("bytesWritten", bytes_written);
    visit("unsent", unsent);
    visit("unacknowledged", unacknowledged);
    visit("lookupMs", ms(lookup_us));
    visit("connectMs", ms(connect_us));
    visit("firstByteMs", ms(first_byte_us));
    visit("totalMs", ms(total_us));
    visit("rttUs", rtt_us);
    visit("retransmits", retransmits);
    visit("text", text);
    const auto extra = [&](const char* name, const auto& value) {
      if (value) visit(name, *value);
    };
    extra("orderly", orderly);
    extra("halfOpenUs", half_open_us);
    extra("bytesMeanwhile", bytes_meanwhile);
    extra("sent", sent);
    extra("probes", probes);
    extra("answered", answered);
    extra("noticedMs", noticed_ms);
    extra("theoryMs", theory_ms);
    extra("inFlight", in_flight);
  }
};

/// The sentence for people: "the client ended first, with FIN; received 5 bytes, sent 2; 1.234 ms".
std::string describe(const Outcome& outcome);

/// "127.0.0.1:40312 -> 127.0.0.1:5000", the client first; the only end that is known, or empty.
std::string route_of(const Outcome& outcome, Role role);

}  // namespace tcpkit::record
