#include "diagram/fields.h"

#include <algorithm>
#include <array>

namespace tcpkit::diagram {
namespace {

constexpr Field text(std::string_view key, Entry::Text Entry::*member) {
  return {key, Field::Type::text, member, nullptr, nullptr};
}
constexpr Field number(std::string_view key, Entry::Number Entry::*member) {
  return {key, Field::Type::number, nullptr, member, nullptr};
}
/// A number with a fraction, kept as microseconds.
constexpr Field milliseconds(std::string_view key, Entry::Number Entry::*member) {
  return {key, Field::Type::milliseconds, nullptr, member, nullptr};
}
constexpr Field flag(std::string_view key, Entry::Flag Entry::*member) {
  return {key, Field::Type::flag, nullptr, nullptr, member};
}

/// Sorted by key. What the reader checks itself (v, t, time, layer, role) is not here.
constexpr std::array fields{
    text("actor", &Entry::actor),
    text("address", &Entry::address),
    number("answered", &Entry::answered),
    number("attempts", &Entry::attempts),
    number("attemptsFailed", &Entry::attempts_failed),
    number("bytes", &Entry::bytes),
    number("bytesAcked", &Entry::bytes_acked),
    number("bytesMeanwhile", &Entry::bytes_meanwhile),
    number("bytesRead", &Entry::bytes_read),
    number("bytesWritten", &Entry::bytes_written),
    text("code", &Entry::code),
    number("conn", &Entry::conn),
    milliseconds("connectMs", &Entry::connect_us),
    number("count", &Entry::count),
    text("dst", &Entry::dst),
    flag("enable", &Entry::enable),
    text("endedBy", &Entry::ended_by),
    text("endedFirst", &Entry::ended_first),
    Field{"error", Field::Type::object},
    text("event", &Entry::event),
    milliseconds("firstByteMs", &Entry::first_byte_us),
    Field{"flags", Field::Type::list},
    flag("flushed", &Entry::flushed),
    text("from", &Entry::from),
    flag("hadError", &Entry::had_error),
    number("halfOpenUs", &Entry::half_open_us),
    text("hex", &Entry::hex),
    text("host", &Entry::host),
    flag("inFlight", &Entry::in_flight),
    flag("inferred", &Entry::inferred),
    text("ip", &Entry::ip),
    text("kind", &Entry::kind),
    text("label", &Entry::label),
    number("len", &Entry::len),
    text("localAddress", &Entry::local_address),
    number("localPort", &Entry::local_port),
    milliseconds("lookupMs", &Entry::lookup_us),
    flag("lost", &Entry::lost),
    flag("noDelay", &Entry::no_delay),
    number("noticedMs", &Entry::noticed_ms),
    flag("orderly", &Entry::orderly),
    text("outcome", &Entry::outcome),
    text("path", &Entry::path),
    number("port", &Entry::port),
    number("probes", &Entry::probes),
    text("reason", &Entry::reason),
    text("remoteAddress", &Entry::remote_address),
    number("remotePort", &Entry::remote_port),
    flag("reset", &Entry::reset),
    number("retransmits", &Entry::retransmits),
    number("rttUs", &Entry::rtt_us),
    text("rule", &Entry::rule),
    text("sent", &Entry::sent),
    text("src", &Entry::src),
    number("tcpAck", &Entry::ack),
    number("tcpSeq", &Entry::sequence),
    text("text", &Entry::text),
    number("theoryMs", &Entry::theory_ms),
    number("timeoutMs", &Entry::timeout),
    text("to", &Entry::to),
    milliseconds("totalMs", &Entry::total_us),
    number("unacknowledged", &Entry::unacknowledged),
    number("unanswered", &Entry::unanswered),
    flag("unread", &Entry::unread),
    number("unsent", &Entry::unsent),
    text("why", &Entry::why),
    number("win", &Entry::win),
};

constexpr std::array error_fields{
    text("code", &Entry::code),
    text("name", &Entry::error_name),
};

constexpr bool by_key(const Field& a, const Field& b) {
  return a.key < b.key;
}
static_assert(std::is_sorted(fields.begin(), fields.end(), by_key));
static_assert(std::is_sorted(error_fields.begin(), error_fields.end(), by_key));

template <std::size_t N>
const Field* find(const std::array<Field, N>& table, std::string_view key) {
  const auto* it =
      std::lower_bound(table.begin(), table.end(), key,
                       [](const Field& f, std::string_view wanted) { return f.key < wanted; });
  return it == table.end() || it->key != key ? nullptr : it;
}

void clear(Entry& entry, const Field& field) {
  if (field.text != nullptr) (entry.*field.text).clear();
  if (field.number != nullptr) (entry.*field.number).reset();
  if (field.flag != nullptr) (entry.*field.flag).reset();
}

}  // namespace

const Field* find_field(std::string_view key) {
  return find(fields, key);
}

const Field* find_error_field(std::string_view key) {
  return find(error_fields, key);
}

void clear_fields(Entry& entry) {
  for (const Field& field : fields)
    clear(entry, field);
  for (const Field& field : error_fields)
    clear(entry, field);
  entry.nanoseconds = 0;
  entry.wall.reset();
  entry.layer.reset();
  entry.role = record::Role::none;
  entry.flags.clear();
}

}  // namespace tcpkit::diagram
