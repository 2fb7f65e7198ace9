#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_set>

#include "diagram/identity.h"
#include "record/line.h"
#include "record/outcome.h"

namespace tcpkit::diagram {

/// How each connection of a saved trace went: what its `summary` says, or, in a trace without, what
/// its other records let one know. Keeps a few words for each, and no record.
class Summary {
 public:
  /// `json`: for programs; keeps more of each connection.
  explicit Summary(bool json) : json_(json) {}
  void add(const record::Line& line);
  /// Each end of a connection by itself: a line of titles and one for each, or `summary` records.
  /// Given to `write` in pieces, until that is false.
  void print(const std::function<bool(std::string_view)>& write) const;

 private:
  enum class End : std::uint8_t { nobody, us, peer, unknown };
  enum class How : std::uint8_t { ok, refused, timeout, reset, blocked, lookup, error };
  /// Small, since a trace may have as many as lines.
  struct Connection {
    std::uint64_t first = 0;  ///< nanoseconds since the start of its program
    std::uint64_t last = 0;
    std::uint64_t sent = 0;
    std::uint64_t received = 0;
    std::int64_t wall = 0;  ///< of the last one: nanoseconds since 1970; 0: not known
    std::string local;      ///< displayed
    std::string remote;
    const std::string* code = nullptr;  ///< of an error, in codes_
    std::int32_t rtt_us = -1;           ///< -1: the trace does not tell
    std::int32_t retransmits = -1;
    How how = How::ok;
    End ended = End::nobody;
    End ended_on_wire = End::nobody;  ///< captured, so it is what happened
    bool server : 1 = false;
    bool told : 1 = false;  ///< by a `summary`: nothing else counts
    bool closed : 1 = false;
    bool connected : 1 = false;
    bool fin : 1 = false;
    bool rst : 1 = false;
    bool fin_acked : 1 = false;  ///< ours
    bool given_up : 1 = false;   ///< by the kernel
    bool timed_out : 1 = false;  ///< the record before was `timeout`
  };

  struct Learn;
  friend struct Learn;

  static void connected(Connection& c, const record::SocketNames& names);
  void add_error(Connection& c, const Error& error);
  void add_summary(std::uint32_t number, const record::Line& line, const record::Outcome& o);
  static void fin(Connection& c, End by);
  static void rst(Connection& c, End by);
  static const char* first_of(const Connection& c);
  static const char* way_of(const Connection& c);
  static std::string outcome_of(const Connection& c);
  [[nodiscard]] record::Outcome outcome(std::uint32_t number) const;
  /// The other end's `summary` has told of this one, too.
  [[nodiscard]] bool is_told_by_twin(std::uint32_t number) const;
  void print_table(const std::function<bool(std::string_view)>& write) const;
  void print_json(const std::function<bool(std::string_view)>& write) const;

  bool json_;
  Identity identity_;
  std::deque<Connection> connections_;
  std::deque<record::Outcome> outcomes_;  ///< where json_, of those that a `summary` told of
  std::unordered_set<std::string> codes_;
};

}  // namespace tcpkit::diagram
