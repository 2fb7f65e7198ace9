#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "record/record.h"

namespace tcpkit::record {

/// What a field is in the trace. A bit each: of one name, kinds of records may have several types.
enum class FieldType : std::uint8_t {
  text = 1,
  number = 2,
  flag = 4,
  list = 8,      ///< of texts
  error = 16,    ///< an object, by visit_error_fields()
  payload = 32,  ///< `text`, `hex` or `base64`
};

struct FieldKind {
  std::string_view name;
  FieldType type;
};

/// A kind of record: one line of the list of all that there are.
struct Kind {
  Layer layer;
  std::string_view name;
  bool of_listener;  ///< a listener reports it; false for a `close`, which connections report, too
  std::vector<FieldKind> fields;
};

/// By layer: event, kernel, wire, call, note; each kind once. A name may be of several layers
/// (`connect` is a call and an event).
const std::vector<Kind>& all_kinds();

/// nullptr where the layer has no such record.
const Kind* find_kind(Layer layer, std::string_view name);

/// The kind of a record; nullptr for `Other`.
const Kind* kind_of(const Body& body);

/// The kind that a struct declares.
template <class E>
const Kind& kind_of() {
  static const Kind& kind = *find_kind(E::layer, E::name);
  return kind;
}

/// True for the kind that one of the structs declares.
template <class... E>
bool is_one_of(const Kind& kind) {
  return ((&kind == &kind_of<E>()) || ...);
}

/// Makes an empty body of that layer and name: `Other` where there is none. `of_listener` chooses
/// between those that share their name. The name must outlive it.
Body make_body(Layer layer, std::string_view name, bool of_listener);

}  // namespace tcpkit::record
