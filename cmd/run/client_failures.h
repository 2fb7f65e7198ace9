#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "uv/timer.h"

namespace tcpkit::cmd {

/// The failed clients of a server for many, on stderr: the first at once, then at most one line a
/// second, with the number of those that it leaves out. The trace has them all.
class ClientFailures {
 public:
  /// `say` prints a line.
  ClientFailures(uv::Loop& loop, std::function<void(const std::string& text)> say);
  ClientFailures(const ClientFailures&) = delete;
  ClientFailures& operator=(const ClientFailures&) = delete;
  ~ClientFailures() = default;

  void add(const std::string& text);
  /// Prints what waits for its second to pass.
  void flush();

 private:
  std::function<void(const std::string& text)> say_;
  uv::Timer pause_;
  std::string latest_;
  std::size_t waiting_ = 0;  ///< the latest is one of them
};

}  // namespace tcpkit::cmd
