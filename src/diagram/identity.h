#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>

#include "diagram/index.h"
#include "record/line.h"

namespace tcpkit::diagram {

/// Tells the connections of a trace apart. A file may hold the records of several programs (each
/// end's trace, one behind the other): a program is known by when it started, `time` less `t`.
class Identity {
 public:
  /// The program that wrote the record: 0, 1, ... in order of appearance.
  std::uint32_t program(const record::Line& line);
  /// When it started: nanoseconds since 1970, 0 where records have no `time`.
  [[nodiscard]] std::int64_t start_of(std::uint32_t program) const { return starts_[program]; }

  /// The connection of the record, 0, 1, ... in order of appearance; empty where it is of none. A
  /// listener's `connection` is of the one it made.
  std::optional<std::uint32_t> connection(const record::Line& line);
  /// Whose it is: "client 1", "server 1", or by the actor's name, "bob 1".
  [[nodiscard]] std::string name_of(std::uint32_t connection) const;
  /// The other end of a connection that a capture shows: of the same number and program, in the
  /// other role. Index::none if there is none.
  [[nodiscard]] std::uint32_t twin_of(std::uint32_t connection) const;
  /// As the trace has them; the actor is empty where there is none.
  [[nodiscard]] std::string actor_of(std::uint32_t connection) const {
    const Key& key = keys_[connection];
    return key.actor == 0 ? std::string() : *actor_names_[key.actor - 1];
  }
  [[nodiscard]] std::uint32_t number_of(std::uint32_t connection) const {
    return keys_[connection].conn;
  }

 private:
  struct Key {
    std::uint32_t program;
    std::uint32_t actor;
    std::uint32_t conn;
    bool server;
    bool operator==(const Key&) const = default;
    [[nodiscard]] std::uint64_t hash() const;
  };

  std::deque<std::int64_t> starts_;
  Index programs_;  ///< by start
  std::unordered_map<std::string, std::uint32_t> actors_;
  std::deque<const std::string*> actor_names_;  ///< in actors_; actor 0 has none
  std::deque<Key> keys_;
  Index connections_;  ///< by key
};

}  // namespace tcpkit::diagram
