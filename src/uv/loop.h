#pragma once

#include <uv.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <utility>

namespace tcpkit::uv {

/// The one event loop of the program, and Node's "next tick": work that runs right after the
/// current callback, before anything else happens. One thread, one loop: nothing here is
/// thread-safe, and every callback of this program runs on the thread that called run().
class Loop {
 public:
  /// Throws std::system_error where there are too few descriptors. From now on the program ends
  /// with one line and exit status 1 if libuv cannot go on, which calls abort(3) then.
  Loop();
  /// All handles must be closed by now: a handle left open is a bug, listed on stderr and fatal.
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  /// Runs until no active handle is left.
  void run();

  /// Queues `work` to run after the current callback, in order.
  void next_tick(std::function<void()> work) { ticks_.push_back(std::move(work)); }

  [[nodiscard]] bool has_ticks() const { return !ticks_.empty(); }

  /// Runs a callback and the ticks it queued. Every trampoline of this room goes through here.
  template <class F>
  void turn(F&& callback) {
    const bool inside = std::exchange(inside_libuv, false);
    callback();
    drain();
    inside_libuv = inside;
  }

  /// Calls a function of libuv that may call abort(3).
  template <class F>
  static auto guarded(F&& function) {
    inside_libuv = true;
    const auto result = function();
    inside_libuv = false;
    return result;
  }

  /// Milliseconds, cached once per turn of the loop: cheap, for idle timers only.
  [[nodiscard]] std::uint64_t now() const { return uv_now(&loop_); }

  uv_loop_t* get() { return &loop_; }
  static Loop& of(const uv_loop_t* loop) { return *static_cast<Loop*>(loop->data); }

 private:
  void drain();
  static void on_abort(int signum);

  static inline volatile bool inside_libuv = false;  ///< read by the handler of SIGABRT
  uv_loop_t loop_{};
  std::deque<std::function<void()>> ticks_;
  bool draining_ = false;
};

}  // namespace tcpkit::uv
