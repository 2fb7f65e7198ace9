#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "diagram/entry.h"

namespace tcpkit::diagram {

/// Tells the connections of a trace apart. A file may hold the records of several programs (each
/// end's trace, one behind the other): a program is known by when it started, `time` less `t`.
class Identity {
 public:
  /// The program that wrote the record: 0, 1, ... in order of appearance.
  std::uint32_t program(const Entry& entry);
  /// When it started: nanoseconds since 1970, 0 where records have no `time`.
  [[nodiscard]] std::int64_t start_of(std::uint32_t program) const { return starts_[program]; }

  /// The connection of the record, 0, 1, ... in order of appearance; empty where it is of none. A
  /// listener's `connection` is of the one it made.
  std::optional<std::uint32_t> connection(const Entry& entry);

  /// "127.0.0.1:5000", "[::1]:5000"; an IPv4 address in IPv6 form comes plainly, so that both ends
  /// of a connection have the same text for an address. Empty where there is none.
  static std::string address(const std::string& host, const Entry::Number& port);

 private:
  struct Key {
    std::uint32_t program;
    std::uint32_t actor;
    std::uint32_t conn;
    bool server;
    bool operator==(const Key&) const = default;
  };
  struct Hash {
    std::size_t operator()(const Key& key) const;
  };

  std::vector<std::int64_t> starts_;
  std::map<std::int64_t, std::uint32_t> programs_;  ///< by start
  std::unordered_map<std::string, std::uint32_t> actors_;
  std::unordered_map<Key, std::uint32_t, Hash> connections_;
};

}  // namespace tcpkit::diagram
