#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <utility>

#include "record/record.h"

namespace tcpkit::script {

/// Shows the segments of a lab's connections to their servers as well: they are captured once for
/// both ends, as the client's. Those from before the connection was accepted are kept for it. Owned
/// by the LabRunner.
class LabWire {
 public:
  using See = std::function<void(const record::Record&)>;

  /// A record of a client's; one that is no segment is left alone.
  void see(const record::Record& record);
  /// `see` is shown all segments of the connection between these ends, from its first SYN.
  void follow(const record::Ends& ends, See see);

 private:
  /// HOST:PORT of both ends, the lower one first.
  using Key = std::pair<std::string, std::string>;
  struct Connection {
    std::deque<record::Record> early;
    See see;  ///< null until it is accepted
  };
  static Key key_of(const std::string& a, const std::string& b);

  std::map<Key, Connection> connections_;
};

}  // namespace tcpkit::script
