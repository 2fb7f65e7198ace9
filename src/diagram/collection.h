#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "diagram/arrows.h"
#include "diagram/identity.h"
#include "diagram/model.h"
#include "record/line.h"

namespace tcpkit::diagram {

/// What a diagram keeps of a record: a few words.
struct Item {
  std::int64_t nanoseconds = 0;  ///< since 1970, or since the start where records have no `time`
  std::uint32_t order = 0;       ///< of the record in the trace
  bool elsewhere = false;        ///< also on the lifeline of a connection
  std::uint64_t bytes = 0;       ///< of data
  std::string text;
  std::string brief;         ///< of a segment: fewer words
  std::uint32_t sender = 0;  ///< of a segment: its address, by its number
  Row::Kind kind = Row::Kind::event;
  Origin origin = Origin::other;
  bool inferred_state = false;
  Hints hints{};
};

/// A connection as one of its ends told it. Addresses by their numbers, 0 where unknown.
struct End {
  bool server = false;
  bool is_unix = false;
  bool captured = false;
  std::uint32_t local = 0;
  std::uint32_t remote = 0;
  std::uint32_t twin = UINT32_MAX;  ///< the other end, where a capture shows both
  std::vector<std::uint32_t> attempts;
  std::string name;    ///< "client 1", or the actor's
  std::string target;  ///< what it was to connect to
  std::vector<Item> items;
};

/// The records of a trace, by connection.
class Collection {
 public:
  void add(const record::Line& line);

  [[nodiscard]] std::vector<End>& ends() { return ends_; }
  /// Of the listeners themselves.
  [[nodiscard]] std::vector<Item>& listener() { return listener_; }
  /// Each with the end whose record came before it.
  [[nodiscard]] std::vector<std::pair<std::uint32_t, Item>>& notes() { return notes_; }
  [[nodiscard]] const std::string& address(std::uint32_t number) const {
    return addresses_[number];
  }
  /// Of the first program.
  [[nodiscard]] std::int64_t start() const { return start_; }

 private:
  Item make_item(const record::Line& line, std::int64_t at) const;
  std::uint32_t intern(const std::string& address);
  void learn(End& end, const record::Body& body);
  void learn_route(End& end, const record::Outcome& outcome);

  Identity identity_;
  std::int64_t start_ = 0;
  std::uint32_t last_end_ = 0;
  std::uint32_t count_ = 0;
  std::vector<End> ends_;
  std::vector<Item> listener_;
  std::vector<std::pair<std::uint32_t, Item>> notes_;
  std::vector<std::string> addresses_{std::string()};
  std::unordered_map<std::string, std::uint32_t> numbers_;
};

}  // namespace tcpkit::diagram
