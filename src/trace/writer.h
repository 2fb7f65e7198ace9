#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace tcpkit::trace {

/// Writes text to a descriptor in few large calls: append() collects, flush() writes all of it,
/// waiting where the descriptor is non-blocking and full. EPIPE ends the trace, not the program.
class Writer {
 public:
  /// `failed` is told once of any other error, as a positive errno. `owned`: close at the end.
  Writer(int fd, bool owned, std::function<void(int)> failed);
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  /// The text collected so far; append to it, then call written().
  std::string& buffer() { return buffer_; }
  /// Bounds the memory of a burst: flushes once 64 KiB are waiting.
  void written();
  void flush();
  [[nodiscard]] int fd() const { return fd_; }
  /// Writing has failed: nothing more is written.
  [[nodiscard]] bool dead() const { return dead_; }

 private:
  int fd_;
  bool owned_;
  bool dead_ = false;
  std::string buffer_;
  std::function<void(int)> failed_;
};

/// Writes all of `text`, waiting for a non-blocking descriptor where it is full. Returns 0 or a
/// positive errno.
int write_all(int fd, std::string_view text);

}  // namespace tcpkit::trace
