#include "record/write_json.h"

#include <fmt/format.h>

#include <optional>
#include <type_traits>

#include "base/append.h"
#include "base/error.h"
#include "base/escape.h"
#include "base/utf8.h"
#include "record/field.h"

namespace tcpkit::record {
namespace {

void append_value(std::string& out, std::string_view value) {
  append_json_string(out, value);
}
void append_value(std::string& out, const std::string& value) {
  append_json_string(out, value);
}
void append_value(std::string& out, bool value) {
  out += value ? "true" : "false";
}

template <class T>
requires std::is_integral_v<T>
void append_value(std::string& out, T value) {
  append_format(out, "{}", value);
}

void append_value(std::string& out, const Error& error);

template <class T>
void append_value(std::string& out, const std::vector<T>& values) {
  out += '[';
  for (const T& value : values) {
    if (&value != &values.front()) out += ',';
    append_value(out, value);
  }
  out += ']';
}

template <class T>
void append_value(std::string& out, const std::optional<T>& value) {
  if (value) {
    append_value(out, *value);
  } else {
    out += "null";
  }
}

void append_key(std::string& out, std::string_view key) {
  if (out.back() != '{') out += ',';
  out += '"';
  out += key;
  out += "\":";
}

template <class T>
void append_value(std::string& out, Seconds<T> value) {
  std::optional<std::int64_t> ms;
  if (value.value) ms = std::int64_t{*value.value} * value.ms_per_s;
  append_value(out, ms);
}

template <class T>
void append_value(std::string& out, Microseconds<T> value) {
  if (!value.value) {
    out += "null";
    return;
  }
  append_format(out, "{}.{:03}", *value.value / value.us_per_ms, *value.value % value.us_per_ms);
}

template <class T>
void append_field(std::string& out, std::string_view key, const T& value) {
  append_key(out, key);
  append_value(out, value);
}

template <class T>
void append_field(std::string& out, std::string_view key, Sparse<T> value) {
  if (value.shown) append_field(out, key, value.value);
}

void append_value(std::string& out, const Error& error) {
  out += '{';
  visit_error_fields(
      error, [&](std::string_view key, const auto& value) { append_field(out, key, value); });
  out += '}';
}

void append_payload_field(std::string& out, std::string_view bytes, DataView view) {
  if (view == DataView::hex) {
    append_field(out, "hex", to_hex(bytes));
  } else if (view == DataView::text) {
    if (is_utf8(bytes)) {
      append_field(out, "text", bytes);
    } else {
      append_field(out, "base64", to_base64(bytes));
    }
  }
}

}  // namespace

void append_json(std::string& out, const Record& record, std::uint64_t seq, const Epoch& epoch,
                 DataView data, std::string_view tags) {
  const auto since = std::chrono::duration_cast<std::chrono::system_clock::duration>(
      std::chrono::nanoseconds(record.nanoseconds));
  out += R"({"v":1)";
  append_field(out, "seq", seq);
  append_format(out, R"(,"t":{}.{:06},"time":"{}","layer":"{}")",
                record.nanoseconds / 1'000'000'000, record.nanoseconds / 1000 % 1'000'000,
                format_utc(epoch.wall + since), to_string(record.layer()));
  if (record.role != Role::none) append_field(out, "role", to_string(record.role));
  if (!record.actor.empty()) append_field(out, "actor", record.actor);
  if (!tags.empty()) append_format(out, R"(,"tags":{})", tags);
  if (record.conn != 0) append_field(out, "conn", record.conn);
  if (record.pair != 0) append_field(out, "pair", record.pair);
  append_field(out, "event", record.name());
  std::visit(
      [&](const auto& body) {
        visit_fields(body, [&](std::string_view key, const auto& value) {
          if constexpr (std::is_same_v<std::decay_t<decltype(value)>, Payload>) {
            append_payload_field(out, value.bytes, data);
          } else {
            append_field(out, key, value);
          }
        });
      },
      record.body);
  if (record.ready_state) append_field(out, "readyState", to_string(*record.ready_state));
  out += "}\n";
}

std::string json_object(const Tags& tags) {
  if (tags.empty()) return {};
  std::string out = "{";
  for (const auto& [key, value] : tags) {
    if (out.size() > 1) out += ',';
    append_json_string(out, key);
    out += ':';
    append_json_string(out, value);
  }
  return out + "}";
}

}  // namespace tcpkit::record
