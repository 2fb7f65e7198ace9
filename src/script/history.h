#pragma once

#include <cstddef>
#include <deque>
#include <string>

#include "trace/event.h"

namespace tcpkit::script {

/// The last records, for the message of an `expect` that failed: what came instead. Keeps a few
/// lines, whatever happens.
class History {
 public:
  void see(const trace::Record& record);
  void clear() {
    entries_.clear();
    forgotten_ = 0;
  }
  /// "connect (...), data (3 bytes) x5"; "nothing".
  [[nodiscard]] std::string text() const;

 private:
  struct Entry {
    std::string name;
    std::string text;
    std::size_t count;
  };
  std::deque<Entry> entries_;
  std::size_t forgotten_ = 0;
};

}  // namespace tcpkit::script
