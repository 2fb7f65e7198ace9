#pragma once

#include <utility>
#include <variant>

/// How the `fields(record, visit)` of the records' structs say what the type of a member alone does
/// not. Each wraps a reference to the member, const or not: one that writes reads it, one that
/// reads assigns it.
namespace tcpkit::record {

/// A field that is absent from the trace unless `shown`.
template <class T>
struct Sparse {
  bool shown;
  T& value;
};

/// Absent while it is empty, 0 or false.
template <class T>
Sparse<T> unless_empty(T& value) {
  return {value != T{}, value};
}

template <class T>
Sparse<T> shown_if(bool shown, T& value) {
  return {shown, value};
}

/// An optional number of seconds, in the trace of milliseconds.
template <class T>
struct Seconds {
  static constexpr int ms_per_s = 1000;
  T& value;
};
template <class T>
Seconds(T&) -> Seconds<T>;

/// An optional number of microseconds, in the trace of milliseconds with three decimals.
template <class T>
struct Microseconds {
  static constexpr int us_per_ms = 1000;
  T& value;
};
template <class T>
Microseconds(T&) -> Microseconds<T>;

/// visit(name, value) for each field of an Error, which is an object in the trace.
template <class E, class V>
void visit_error_fields(E& e, V&& visit) {
  visit("name", e.name);
  visit("code", unless_empty(e.code));
  visit("errno", shown_if(e.errors.empty(), e.errno_value));
  visit("syscall", unless_empty(e.syscall));
  visit("address", unless_empty(e.address));
  visit("port", unless_empty(e.port));
  visit("hostname", unless_empty(e.hostname));
  visit("message", e.message);
  visit("errors", shown_if(!e.errors.empty(), e.errors));
}

/// Kinds of records: the structs of one layer.
template <class... E>
struct Kinds {
  using Variant = std::variant<E...>;
};

/// Those of several layers.
template <class... Lists>
struct Joined;
template <class... E>
struct Joined<Kinds<E...>> : Kinds<E...> {};
template <class... A, class... B, class... Lists>
struct Joined<Kinds<A...>, Kinds<B...>, Lists...> : Joined<Kinds<A..., B...>, Lists...> {};

/// visit(name, value) for each field of the record, in order. Every field is visited, always; the
/// value is a member or one of the wrappers above.
template <class T, class V>
void visit_fields(T& record, V&& visit) {
  T::fields(record, std::forward<V>(visit));
}

}  // namespace tcpkit::record
