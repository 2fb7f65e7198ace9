#include "script/fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <map>
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

bool equals(const Field& field, record::Outcome::Milliseconds value) {
  return equals(field, static_cast<double>(value.us) / us_per_ms);
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

/// visit(name, value) for each field of the object, as the JSON trace has them.
template <class V>
void visit_error(const Error& error, V&& visit) {
  visit("name", error.name);
  visit("code", error.code);
  visit("errno", error.errno_value);
  visit("syscall", error.syscall);
  visit("address", error.address);
  visit("port", error.port);
  visit("hostname", error.hostname);
  visit("message", error.message);
}

template <class V>
void visit_error(const std::optional<Error>& error, V&& visit) {
  if (error) visit_error(*error, visit);
}

template <class T>
constexpr bool is_error = std::is_same_v<T, Error> || std::is_same_v<T, std::optional<Error>>;

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
};

bool has_field(const record::Record& record, const Field& field) {
  Comparison own{field};
  Comparison inner{field};
  if (record.ready_state) own("readyState", record::to_string(*record.ready_state));
  std::visit(
      [&](const auto& body) {
        body.fields([&](std::string_view name, const auto& value) {
          own(name, value);
          if constexpr (is_error<std::decay_t<decltype(value)>>) visit_error(value, inner);
        });
      },
      record.body);
  return own.found ? own.equal : inner.equal;
}

/// Of the records of one layer.
struct Names {
  std::vector<std::string_view> events;
  std::vector<std::string_view> fields;
};

void add(std::vector<std::string_view>& names, std::string_view name) {
  if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
}

template <class E>
void collect(Names& names, Layer layer, std::string_view event) {
  if (E::layer == layer && (event.empty() || E::name == event)) {
    add(names.events, E::name);
    E{}.fields([&](std::string_view name, const auto& value) {
      using T = std::decay_t<decltype(value)>;
      if constexpr (!std::is_same_v<T, record::Payload>) add(names.fields, name);
      if constexpr (is_error<T>) {
        visit_error(Error{},
                    [&](std::string_view inner, const auto&) { add(names.fields, inner); });
      }
    });
  }
}

/// `event`: of this one only; empty: of all.
template <class... E>
Names collect_all(Layer layer, std::string_view event, const std::variant<E...>* /*type*/) {
  Names names;
  (collect<E>(names, layer, event), ...);
  // Those that an empty record of their kind does not show.
  if (layer == Layer::wire) add(names.fields, "label");
  if (layer == Layer::kernel) add(names.fields, "inferred");
  if (layer != Layer::event) return names;
  add(names.fields, "readyState");
  if (event.empty()) {
    for (const std::string_view name : {"path", "unsent"})
      add(names.fields, name);
  }
  return names;
}

const Names& all_names(Layer layer) {
  static const auto collect = [](Layer l) {
    return collect_all(l, {}, static_cast<const record::Body*>(nullptr));
  };
  static const std::map<Layer, Names> names{{Layer::event, collect(Layer::event)},
                                            {Layer::kernel, collect(Layer::kernel)},
                                            {Layer::wire, collect(Layer::wire)}};
  return names.at(layer);
}

}  // namespace

bool matches(const record::Record& record, const Pattern& pattern) {
  if (record.layer() != pattern.layer || record.name() != pattern.event) return false;
  const auto* segment = std::get_if<record::wire::Segment>(&record.body);
  const auto is_set = [&](const std::string& flag) {
    return segment != nullptr &&
           std::find(segment->flags.begin(), segment->flags.end(), flag) != segment->flags.end();
  };
  if (!std::all_of(pattern.flags.begin(), pattern.flags.end(), is_set)) return false;
  return std::all_of(pattern.fields.begin(), pattern.fields.end(),
                     [&](const Field& field) { return has_field(record, field); });
}

const std::vector<std::string_view>& event_names(Layer layer) {
  return all_names(layer).events;
}

const std::vector<std::string_view>& field_names(Layer layer) {
  return all_names(layer).fields;
}

std::vector<std::string_view> field_names(Layer layer, std::string_view event) {
  return collect_all(layer, event, static_cast<const record::Body*>(nullptr)).fields;
}

std::string describe(const record::Record& record) {
  std::string text(record.name());
  std::visit(
      [&](const auto& body) {
        body.fields([&](std::string_view name, const auto& value) {
          using T = std::decay_t<decltype(value)>;
          if constexpr (is_error<T>) {
            visit_error(value, [&](std::string_view inner, const auto& v) {
              if constexpr (std::is_same_v<std::decay_t<decltype(v)>, std::string>) {
                if (inner == "code") text += fmt::format(" {}", display(v));
              }
            });
          } else if constexpr (std::is_same_v<T, std::vector<std::string_view>>) {
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
