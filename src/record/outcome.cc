#include "record/outcome.h"

#include <fmt/format.h>

#include "base/append.h"
#include "base/duration.h"
#include "base/escape.h"
#include "record/words.h"

namespace tcpkit::record {
namespace {

std::string first_words(const Outcome& o) {
  const std::string code = o.code ? fmt::format(" ({})", *o.code) : "";
  if (o.outcome == "refused") return "refused" + code;
  if (o.outcome == "timeout") return "timed out" + code;
  if (o.outcome == "reset") return "reset" + code;
  if (o.outcome == "blocked") return "blocked by our own rules" + code;
  if (o.outcome == "lookup") return "the name was not found" + code;
  if (o.outcome == "error") return "failed" + code;
  return "";
}

void append_part(std::string& out, std::string_view part) {
  if (part.empty()) return;
  if (!out.empty()) out += "; ";
  out += part;
}

std::string ending(const Outcome& o) {
  if (!o.ended_first && !o.ended_by) return "";
  if (!o.ended_first) return fmt::format("ended with {}", *o.ended_by);
  std::string out = fmt::format("the {} ended first", *o.ended_first);
  if (o.ended_by) append_format(out, ", with {}", *o.ended_by);
  if (o.why) append_format(out, " ({})", *o.why);
  return out;
}

std::string end_of(const std::optional<std::string>& address,
                   const std::optional<std::int64_t>& port) {
  static constexpr std::string_view mapped = "::ffff:";
  if (!address) return "";
  std::string_view plain = *address;
  if (plain.starts_with(mapped) && plain.find('.') != std::string_view::npos)
    plain.remove_prefix(mapped.size());
  std::string host = display_start(plain);
  if (!port) return host;
  return plain.find(':') == std::string_view::npos ? fmt::format("{}:{}", host, *port)
                                                   : fmt::format("[{}]:{}", host, *port);
}

}  // namespace

std::string route_of(const Outcome& o, Role role) {
  const std::string local = end_of(o.local_address, o.local_port);
  const std::string remote = end_of(o.remote_address, o.remote_port);
  if (local.empty() || remote.empty()) return local.empty() ? remote : local;
  return role == Role::server ? remote + " -> " + local : local + " -> " + remote;
}

std::string describe(const Outcome& o) {
  std::string out = first_words(o);
  if (o.attempts_failed.value_or(0) > 0) {
    append_part(out, fmt::format("{} of {} attempts failed", *o.attempts_failed,
                                 o.attempts.value_or(*o.attempts_failed)));
  }
  append_part(out, ending(o));
  // Nothing passes where there was no connection.
  if (was_connected(o)) {
    std::string bytes = fmt::format("received {}, sent {}", o.bytes_read.value_or(0),
                                    o.bytes_written.value_or(0) - o.unsent.value_or(0));
    if (o.unsent.value_or(0) > 0) append_format(bytes, ", {} never sent", *o.unsent);
    if (o.unacknowledged.value_or(0) > 0)
      append_format(bytes, ", {} not acknowledged", *o.unacknowledged);
    append_part(out, bytes);
  }
  if (o.total_us)
    append_part(out, fmt::format("{:.3f} ms", static_cast<double>(*o.total_us) / us_per_ms));
  return out;
}

}  // namespace tcpkit::record
