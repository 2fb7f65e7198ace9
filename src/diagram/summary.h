#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_set>

#include "diagram/entry.h"
#include "diagram/identity.h"

namespace tcpkit::diagram {

/// Per connection: how long, how many bytes each way, round trip, retransmits, and who closed it
/// first and how. Keeps a few words for each, and no record.
class Summary {
 public:
  void add(const Entry& entry);
  /// A line of titles and a line per connection, each end of one by itself; blanks between columns.
  /// Given to `write` in pieces, until that is false.
  void print(const std::function<bool(std::string_view)>& write) const;

 private:
  enum class How : std::uint8_t { open, fin, rst, timeout, error };
  /// Small, since a trace may have as many as lines.
  struct Connection {
    std::uint64_t first = 0;  ///< nanoseconds since the start of its program
    std::uint64_t last = 0;
    std::uint64_t sent = 0;
    std::uint64_t received = 0;
    std::int64_t rtt_us = -1;  ///< -1: the trace does not tell
    std::string route;
    const std::string* code = nullptr;  ///< of an error, in codes_
    std::int32_t retransmits = -1;
    std::uint32_t local = 0;  ///< hashes of the addresses, to tell a segment's direction
    std::uint32_t remote = 0;
    bool server : 1 = false;
    bool closed : 1 = false;
    bool by_us : 1 = false;
    bool timed_out : 1 = false;  ///< the record before was `timeout`
    bool connected : 1 = false;
    How how = How::open;
  };

  void add_event(Connection& c, const Entry& e);
  static void add_call(Connection& c, const Entry& e);
  static void add_kernel(Connection& c, const Entry& e);
  static void add_segment(Connection& c, const Entry& e);
  static void learn_route(Connection& c, const Entry& e);
  static void end(Connection& c, How how, bool by_us, const std::string* code = nullptr);
  static std::string ending(const Connection& c);

  Identity identity_;
  std::deque<Connection> connections_;
  std::unordered_set<std::string> codes_;
};

}  // namespace tcpkit::diagram
