#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "uv/loop.h"
#include "uv/poll.h"

namespace tcpkit::stdio {

/// Standard output (or any descriptor) as a sink that may be slow: what it does not take at once
/// waits here, and the owner stops reading until on_drain. Never blocks on a pipe, a terminal or a
/// socket, without touching the flags that other processes share. Does not own the descriptor.
class Output {
 public:
  struct Callbacks {
    std::function<void()> on_drain;     ///< everything is written; go on
    std::function<void(int)> on_error;  ///< positive errno, once; what comes later is dropped
  };
  Output(uv::Loop& loop, int fd, Callbacks callbacks);
  ~Output();
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  /// Takes all of `bytes`. False: some of it waits, stop until on_drain.
  bool write(std::string_view bytes);
  [[nodiscard]] bool pending() const { return !pending_.empty() || full_; }
  /// Gives up what is still waiting.
  void discard();
  /// Closes the descriptor once all is written: the reader sees the end.
  void close();

  /// True if take_from() works: a pipe, a regular file, /dev/null.
  [[nodiscard]] bool can_take() const { return way_ != Way::write; }
  /// Takes up to `most` bytes from a socket on the fastest way that this descriptor knows, past
  /// everybody who could look at them: how many, 0 at EOF, or a negative errno of the socket;
  /// -EAGAIN if nothing moved, and then pending() reports whether this side is the reason; -EINTR:
  /// try again, with write() if can_take() is false now. An error of this side comes through
  /// on_error.
  ssize_t take_from(int socket, std::size_t most);

 private:
  /// A pipe is spliced into, a file is written in large blocks, for /dev/null the kernel drops.
  enum class Way { write, splice, blocks, drop };

  ssize_t write_some(std::string_view bytes);
  void flush();
  void wait();
  void fail(int err);
  ssize_t splice_from(int socket, std::size_t most);
  ssize_t copy_from(int socket);

  uv::Loop& loop_;
  int fd_;
  int own_fd_ = -1;  ///< a non-blocking description of our own, where one could be had
  bool is_socket_ = false;
  bool is_stream_ = false;  ///< a pipe or a terminal: writing may block
  std::size_t chunk_ = 0;   ///< the most one write(2) is given; 0: no limit
  Way way_ = Way::write;
  bool full_ = false;  ///< splice found no room
  bool failed_ = false;
  bool close_wanted_ = false;
  std::string pending_;
  std::unique_ptr<char[]> block_;  ///< of copy_from()
  Callbacks callbacks_;
  std::unique_ptr<uv::Poll> poll_;
};

}  // namespace tcpkit::stdio
