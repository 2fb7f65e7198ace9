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
constexpr Field flag(std::string_view key, Entry::Flag Entry::*member) {
  return {key, Field::Type::flag, nullptr, nullptr, member};
}

/// Sorted by key. What the reader checks itself (v, t, time, layer, role) is not here.
constexpr std::array fields{
    text("actor", &Entry::actor),
    text("address", &Entry::address),
    number("bytes", &Entry::bytes),
    number("bytesAcked", &Entry::bytes_acked),
    number("bytesRead", &Entry::bytes_read),
    number("bytesWritten", &Entry::bytes_written),
    number("conn", &Entry::conn),
    number("count", &Entry::count),
    text("dst", &Entry::dst),
    flag("enable", &Entry::enable),
    Field{"error", Field::Type::object},
    text("event", &Entry::event),
    Field{"flags", Field::Type::list},
    flag("flushed", &Entry::flushed),
    text("from", &Entry::from),
    flag("hadError", &Entry::had_error),
    text("hex", &Entry::hex),
    text("host", &Entry::host),
    flag("inferred", &Entry::inferred),
    text("ip", &Entry::ip),
    text("kind", &Entry::kind),
    text("label", &Entry::label),
    number("len", &Entry::len),
    text("localAddress", &Entry::local_address),
    number("localPort", &Entry::local_port),
    flag("noDelay", &Entry::no_delay),
    text("path", &Entry::path),
    number("port", &Entry::port),
    text("reason", &Entry::reason),
    text("remoteAddress", &Entry::remote_address),
    number("remotePort", &Entry::remote_port),
    flag("reset", &Entry::reset),
    number("retransmits", &Entry::retransmits),
    number("rttUs", &Entry::rtt_us),
    text("rule", &Entry::rule),
    text("src", &Entry::src),
    number("tcpAck", &Entry::ack),
    number("tcpSeq", &Entry::sequence),
    text("text", &Entry::text),
    number("timeoutMs", &Entry::timeout),
    text("to", &Entry::to),
    number("unanswered", &Entry::unanswered),
    flag("unread", &Entry::unread),
    number("unsent", &Entry::unsent),
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
  entry.role = trace::Role::none;
  entry.flags.clear();
}

}  // namespace tcpkit::diagram
