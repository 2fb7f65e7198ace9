#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "record/record.h"

namespace tcpkit::diagram {

/// One line of a JSON trace (tcpkit-trace(5), version 1): the fields that diagrams use. Texts are
/// as they came, hostile; absent and null are the same, an empty text or an empty optional.
struct Entry {
  using Text = std::string;
  using Number = std::optional<std::int64_t>;
  using Flag = std::optional<bool>;

  std::uint64_t nanoseconds = 0;           ///< `t`
  std::optional<std::int64_t> wall;        ///< `time`: nanoseconds since 1970
  std::optional<record::Layer> layer;      ///< empty: one of a later tcpkit
  record::Role role = record::Role::none;  ///< none also for one of a later tcpkit
  Text event;
  Number conn;
  Text actor;

  Text host, path, ip, address, local_address, remote_address;
  Number port, local_port, remote_port;
  Number bytes, bytes_read, bytes_written, unsent;
  Text text, hex;
  Text code, error_name;  ///< of `error`, its code empty where it has none
  Text kind, reason, rule;
  Number timeout, count, unanswered;
  Flag flushed, unread, reset, inferred, had_error, enable, no_delay;
  Text from, to;  ///< of `state`
  Text src, dst;  ///< of `segment`: HOST:PORT
  Text flags;     ///< of `segment`: "SYN,ACK"
  Text label;
  Number sequence, ack, len, win;
  Number bytes_acked, rtt_us, retransmits;
  // Of a `summary`, durations in microseconds but for the last two; from `orderly` on of a
  // life-cycle command's.
  Text outcome, ended_first, ended_by, why;
  Number attempts, attempts_failed, unacknowledged;
  Number lookup_us, connect_us, first_byte_us, total_us;
  Flag orderly, in_flight;
  Text sent;
  Number half_open_us, bytes_meanwhile, probes, answered, noticed_ms, theory_ms;
  Flag lost;  ///< of a `segment`

  /// Of `destroy`: RST goes out, not FIN. Traces of earlier versions tell by `unread` only.
  [[nodiscard]] bool resets() const { return reset.value_or(unread.value_or(false)); }
};

/// Objects and arrays in each other; more in a line is an error.
inline constexpr std::size_t deepest_nesting = 32;

/// Reads one line, without its '\n'. On failure false, and `why` is a clause such as "not JSON at
/// byte 17", which cannot act on a terminal. Fields it does not know are skipped, whatever they
/// are; one it knows of the wrong type is a failure.
bool read_entry(std::string_view line, Entry& entry, std::string& why);

}  // namespace tcpkit::diagram
