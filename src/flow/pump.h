#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string_view>

#include "flow/source.h"
#include "net/socket.h"
#include "uv/timer.h"

namespace tcpkit::flow {

/// Who takes what a Pump moves. Must outlive it.
class Taker {
 public:
  enum class Room {
    yes,
    full,    ///< not now: the taker calls Pump::run() once there is room
    nobody,  ///< there is nobody to take it: the source is not watched until Pump::run()
  };

  Taker() = default;
  virtual ~Taker() = default;
  Taker(const Taker&) = delete;
  Taker& operator=(const Taker&) = delete;

  virtual Room room() = 0;
  virtual void take(std::string_view block) = 0;
  /// The only connection that takes the bytes, if nothing else has to see them: the kernel gets
  /// them in large blocks, and what it does not take stays in the pump.
  virtual net::Socket* direct() { return nullptr; }
  /// The source has nothing just now.
  virtual void input_paused() {}
  /// The source has given everything.
  virtual void input_ended() = 0;
  /// It could not be read: a positive errno. input_ended() follows.
  virtual void input_failed(int err) = 0;
};

/// Moves bytes from a descriptor (stdin, a file, a child's output) to who takes them, at the
/// taker's pace: never more is read than can be taken. Does not own the descriptor; lives on the
/// loop.
class Pump {
 public:
  struct Options {
    bool crlf = false;                      ///< a lone LF becomes CRLF
    std::chrono::milliseconds interval{0};  ///< pause between lines; 0: whole reads
    std::size_t rate = 0;                   ///< bytes a second at most; 0: no limit
  };
  /// `on_readable`: called in place of run() when the source has bytes again; it calls run().
  Pump(uv::Loop& loop, int fd, const Options& options, Taker& taker,
       std::function<void()> on_readable = {});

  /// From now on run() moves bytes; moves what it can.
  void start();
  /// Moves what can be moved now, and asks to be woken for the rest.
  void run();
  /// Reads no more.
  void stop();
  [[nodiscard]] bool running() const { return running_; }
  /// No more pauses between lines: whatever is there goes out at once.
  void hurry();

  [[nodiscard]] const stdio::Input& input() const { return source_.input(); }
  /// Bytes that have left.
  [[nodiscard]] std::uint64_t given() const { return source_.given(); }
  /// Bytes that were read and have not left; take_held() takes them.
  [[nodiscard]] std::size_t held() const { return source_.held(); }
  std::string_view take_held() { return source_.take_held(); }

 private:
  bool move_block();
  bool move_directly(net::Socket& socket);
  bool no_bytes(ssize_t n);
  void wait();
  void pause_for(std::size_t bytes);

  Taker& taker_;
  std::chrono::milliseconds interval_;
  std::size_t rate_;
  std::uint64_t next_ns_ = 0;  ///< uv_hrtime() of the next block that the rate allows
  Source source_;
  uv::Timer pause_;  ///< between lines or blocks
  bool running_ = false;
};

}  // namespace tcpkit::flow
