#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>

#include "record/kinds.h"

namespace tcpkit::script {

/// The last records, for the message of an `expect` that failed: what came instead. Keeps a few
/// lines, whatever happens.
class History {
 public:
  /// Of the bytes of `data` the last `rest` count: an `expect` before took the others.
  void see(const record::Record& record, std::size_t rest = std::string::npos);
  void clear() {
    entries_.clear();
    forgotten_ = 0;
    received_.clear();
  }
  /// "connect ..., data (15 bytes) x3 \"the first bytes of all\""; "nothing".
  [[nodiscard]] std::string text() const;

 private:
  struct Entry {
    const record::Kind* kind;
    std::string text;
    std::size_t count;
  };
  std::deque<Entry> entries_;
  std::size_t forgotten_ = 0;
  std::string received_;  ///< the first bytes
};

/// The first 60 characters of received bytes in quotes, escaped; "..." if there are more.
std::string shown_bytes(std::string_view bytes);

}  // namespace tcpkit::script
