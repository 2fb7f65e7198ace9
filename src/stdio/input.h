#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#include "uv/hooks.h"
#include "uv/loop.h"
#include "uv/poll.h"
#include "uv/timer.h"

namespace tcpkit::stdio {

/// Standard input (or any descriptor) as a byte source that is asked, never pushed. Leaves the
/// descriptor's flags alone, since other processes share them: it reads only what poll(2) says is
/// there. A terminal is not read while we are in the background, as long as SIGTTIN is ignored.
/// Does not own the descriptor.
class Input {
 public:
  /// `stream`: a pipe or a socket; `device`: anything else that is no regular file (/dev/null).
  enum class Kind { terminal, stream, file, device };

  /// `on_readable` runs after wait(), once bytes or the end can be read.
  Input(uv::Loop& loop, int fd, std::function<void()> on_readable);

  [[nodiscard]] Kind kind() const { return kind_; }

  void wait();
  void stop();
  /// Never waits. Bytes read, 0 at the end, -EAGAIN where nothing is there yet, or another
  /// negative errno.
  ssize_t read(char* buffer, std::size_t size);
  /// True where read() would not answer -EAGAIN.
  [[nodiscard]] bool readable() const;
  /// True where a read would find the end of a file, a pipe or a socket now.
  [[nodiscard]] bool at_end() const;
  /// Lets a pipe hold as much as the system allows, for few large transfers.
  void grow_pipe();

  /// The kernel does not report when there is something to read: read() fails.
  [[nodiscard]] bool failed() const { return error_ != 0; }

 private:
  void become_busy();
  void unwatchable(int err);
  [[nodiscard]] bool in_background() const;

  uv::Loop& loop_;
  int fd_;
  int error_ = 0;  ///< a positive errno, once failed
  Kind kind_;
  bool is_pipe_ = false;
  bool reads_pipe_ = false;  ///< by os::read_pipe()
  std::function<void()> on_readable_;
  std::unique_ptr<uv::Poll> poll_;
  std::unique_ptr<uv::Timer> background_timer_;  ///< of a terminal
  std::unique_ptr<uv::Busy> busy_;  ///< instead of poll_, where the descriptor is always ready
};

}  // namespace tcpkit::stdio
