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

  /// True where splice_from() works: a pipe, a regular file, /dev/null.
  [[nodiscard]] bool can_splice() const { return splice_ != Splice::no; }
  /// Moves up to `most` bytes from a socket inside the kernel: how many, 0 at EOF, or a negative
  /// errno of the socket; -EAGAIN where nothing moved, and then pending() reports whether this side
  /// is the reason; -EINTR: try again, by hand if can_splice() is false now. An error of this side
  /// comes through on_error.
  ssize_t splice_from(int socket, std::size_t most);

 private:
  enum class Splice { no, direct, through_pipe };

  void reopen();
  ssize_t write_some(std::string_view bytes);
  void flush();
  void wait();
  void fail(int err);
  void empty_pipe(std::size_t bytes);

  uv::Loop& loop_;
  int fd_;
  int own_fd_ = -1;  ///< a non-blocking description of our own, where one could be had
  int pipe_[2] = {-1, -1};
  bool is_socket_ = false;
  bool is_stream_ = false;  ///< a pipe or a terminal: writing may block
  std::size_t chunk_ = 0;   ///< the most one write(2) is given; 0: no limit
  Splice splice_ = Splice::no;
  bool full_ = false;  ///< splice found no room
  bool failed_ = false;
  bool close_wanted_ = false;
  std::string pending_;
  Callbacks callbacks_;
  std::unique_ptr<uv::Poll> poll_;
};

}  // namespace tcpkit::stdio
