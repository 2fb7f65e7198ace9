#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "diagram/entry.h"
#include "diagram/identity.h"

namespace tcpkit::diagram {

/// Per connection: how long, how many bytes each way, round trip, retransmits, and who closed it
/// first and how. Keeps a few words for each, and no record.
class Summary {
 public:
  void add(const Entry& entry);
  /// A line of titles and a line per connection, each end of one by itself; blanks between columns.
  [[nodiscard]] std::string text() const;

 private:
  enum class How : std::uint8_t { open, fin, rst, timeout, error };
  struct Connection {
    std::uint64_t first = 0;  ///< nanoseconds since the start of its program
    std::uint64_t last = 0;
    std::uint64_t sent = 0;
    std::uint64_t received = 0;
    std::int64_t rtt_us = -1;  ///< -1: the trace does not tell
    std::int64_t retransmits = -1;
    std::string name;
    std::string route;
    std::uint32_t local = 0;  ///< hashes of the addresses, to tell a segment's direction
    std::uint32_t remote = 0;
    bool server = false;
    bool closed = false;
    bool by_us = false;
    bool timed_out = false;  ///< the record before was `timeout`
    bool connected = false;
    How how = How::open;
    std::string code;  ///< of an error
  };

  static void add_call(Connection& c, const Entry& e);
  static void add_event(Connection& c, const Entry& e);
  static void add_kernel(Connection& c, const Entry& e);
  static void add_segment(Connection& c, const Entry& e);
  static void learn_route(Connection& c, const Entry& e);
  static void end(Connection& c, How how, bool by_us, const std::string& code = {});
  static std::string ending(const Connection& c);

  Identity identity_;
  std::vector<Connection> connections_;
};

}  // namespace tcpkit::diagram
