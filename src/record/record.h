#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

#include "record/call.h"
#include "record/event.h"
#include "record/kernel.h"
#include "record/layer.h"
#include "record/note.h"
#include "record/wire.h"

/// One struct for each kind of record, by the names of Node's net module. `fields(record, visit)`
/// calls visit(name, value) for each field in order; an empty optional is null in a trace. Every
/// sink, script and diagram, and the reader of saved traces, is made from these declarations alone.
/// The texts that a record only views (std::string_view) are literals, or, of one that was read,
/// its reader's until it reads the next.
///
/// Grammar of one client:  lookup* attempt* timeout? (connect ready (data | drain | timeout | end |
/// finish)*)? error? close, where attempt is connectionAttempt (connectionAttemptFailed |
/// connectionAttemptTimeout)?. A server has the part behind `ready`. `close` is last and comes
/// once.
namespace tcpkit::record {

/// A record of a kind that only a later tcpkit knows, read from its trace.
struct Other {
  Layer layer = Layer::note;
  std::string_view name;
  std::string_view text;
  static void fields(auto& e, auto&& visit) { visit("text", unless_empty(e.text)); }
};

/// The kinds of all layers, as their headers list them.
using Body = Joined<ev::All, kernel::All, wire::All, call::All, note::All, Kinds<Other>>::Variant;

/// A record: what happened (body), to whom (role and connection), when. What needs a look at each
/// of the bodies is compiled once, in event.cc: it takes seconds.
struct Record {
  Record(std::uint64_t when, Role who, unsigned connection, std::optional<ReadyState> state,
         Body what, std::string_view whose);
  Record(const Record& other);
  Record(Record&& other) noexcept;
  Record& operator=(const Record& other);
  Record& operator=(Record&& other) noexcept;
  ~Record();

  std::uint64_t nanoseconds;  ///< since the program started
  Role role;
  unsigned conn;  ///< 0: none (the listener's own records)
  std::optional<ReadyState> ready_state;
  Body body;
  std::string_view actor;  ///< of a lab; empty: none
  unsigned pair = 0;       ///< of a relay: its two connections have the same number; 0: none

  [[nodiscard]] Layer layer() const;
  [[nodiscard]] std::string_view name() const;
};

/// True for a record of one of these kinds.
template <class... E>
bool is_one_of(const Body& body) {
  return (std::holds_alternative<E>(body) || ...);
}

}  // namespace tcpkit::record
