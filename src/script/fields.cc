#include "script/fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <vector>

#include "base/duration.h"
#include "base/escape.h"

namespace tcpkit::script {
namespace {

using record::Layer;

bool equals(const Field& field, std::string_view value) {
  return field.value == value;
}

template <class T>
requires std::is_arithmetic_v<T>
bool equals(const Field& field, T value) {
  return !field.quoted && field.value == fmt::format("{}", value);  // a bool is true or false
}

bool equals(const Field& /*field*/, const Error& /*error*/) {
  return false;  // an object; its fields have names of their own
}

bool equals(const Field& /*field*/, const record::Payload& /*payload*/) {
  return false;  // the pattern's text is about it
}

/// One of a list, such as a segment's flags.
template <class T>
bool equals(const Field& field, const std::vector<T>& values) {
  return std::any_of(values.begin(), values.end(),
                     [&](const T& value) { return equals(field, value); });
}

template <class T>
bool equals(const Field& field, const std::optional<T>& value) {
  return value ? equals(field, *value) : !field.quoted && field.value == "null";
}

template <class T>
bool equals(const Field& field, const record::Seconds<T>& value) {
  return equals(field, value.value ? std::optional(std::int64_t{*value.value} * value.ms_per_s)
                                   : std::nullopt);
}

template <class T>
bool equals(const Field& field, const record::Microseconds<T>& value) {
  return equals(field, value.value ? std::optional(static_cast<double>(*value.value) / us_per_ms)
                                   : std::nullopt);
}

const Error* error_in(const Error& error) {
  return &error;
}
const Error* error_in(const std::optional<Error>& error) {
  return error ? &*error : nullptr;
}
template <class T>
const Error* error_in(const T& /*value*/) {
  return nullptr;
}

/// One field of a record. The record's own come before those of its error object.
struct Comparison {
  const Field& field;
  bool found = false;
  bool equal = false;

  template <class T>
  void operator()(std::string_view name, const T& value) {
    if (name != field.name || found) return;
    found = true;
    equal = equals(field, value);
  }
  template <class T>
  void operator()(std::string_view name, const record::Sparse<T>& value) {
    if (value.shown) (*this)(name, value.value);
  }
};

bool has_field(const record::Record& record, const Field& field) {
  Comparison own{field};
  Comparison inner{field};
  if (record.ready_state) own("readyState", record::to_string(*record.ready_state));
  std::visit(
      [&](const auto& body) {
        record::visit_fields(body, [&](std::string_view name, const auto& value) {
          own(name, value);
          if (const Error* error = error_in(value)) record::visit_error_fields(*error, inner);
        });
      },
      record.body);
  return own.found ? own.equal : inner.equal;
}

void add(std::vector<std::string_view>& names, std::string_view name) {
  if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
}

void add_fields(std::vector<std::string_view>& names, const record::Kind& kind) {
  for (const record::FieldKind& field : kind.fields) {
    if (field.type == record::FieldType::payload) continue;
    add(names, field.name);
    if (field.type != record::FieldType::error) continue;
    const Error error;
    record::visit_error_fields(error, [&](std::string_view inner, const auto& /*value*/) {
      if (inner != "errors") add(names, inner);
    });
  }
  if (kind.layer == Layer::event || kind.layer == Layer::call) add(names, "readyState");
}

}  // namespace

bool matches(const record::Record& record, const Pattern& pattern) {
  if (record::kind_of(record.body) != pattern.kind) return false;
  const auto* segment = std::get_if<record::wire::Segment>(&record.body);
  const auto is_set = [&](const std::string& flag) {
    return segment != nullptr &&
           std::find(segment->flags.begin(), segment->flags.end(), flag) != segment->flags.end();
  };
  if (!std::all_of(pattern.flags.begin(), pattern.flags.end(), is_set)) return false;
  return std::all_of(pattern.fields.begin(), pattern.fields.end(),
                     [&](const Field& field) { return has_field(record, field); });
}

std::vector<std::string_view> field_names(const record::Kind& kind) {
  std::vector<std::string_view> names;
  add_fields(names, kind);
  return names;
}

std::vector<std::string_view> event_field_names() {
  std::vector<std::string_view> names;
  for (const record::Kind& kind : record::all_kinds()) {
    if (kind.layer == Layer::event) add_fields(names, kind);
  }
  return names;
}

std::string describe(const record::Record& record) {
  std::string text(record.name());
  std::visit(
      [&](const auto& body) {
        record::visit_fields(body, [&](std::string_view name, const auto& value) {
          using T = std::decay_t<decltype(value)>;
          if (const Error* error = error_in(value)) {
            text += fmt::format(" {}", display(error->code));
            return;
          }
          if constexpr (std::is_same_v<T, std::vector<std::string_view>>) {
            text += fmt::format(" {}", fmt::join(value, ","));
          } else if constexpr (std::is_same_v<T, std::uint64_t>) {
            if (name == "bytes") text += fmt::format(" ({} byte{})", value, value == 1 ? "" : "s");
          } else if constexpr (std::is_same_v<T, std::string>) {
            if (name == "ip") text += fmt::format(" {}", display(value));
          } else if constexpr (std::is_same_v<T, std::string_view>) {
            if (name == "kind" || name == "reason") text += fmt::format(" ({})", value);
          } else if constexpr (std::is_same_v<T, std::optional<std::string_view>>) {
            if (name == "to") text += fmt::format(" {}", value.value_or("unknown"));
          }
        });
      },
      record.body);
  return text;
}

}  // namespace tcpkit::script
