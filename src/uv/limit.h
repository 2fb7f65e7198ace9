#pragma once

#include <chrono>
#include <cstdint>
#include <functional>

#include "uv/hooks.h"
#include "uv/loop.h"
#include "uv/timer.h"

namespace tcpkit::uv {

/// A time limit that is judged by what really happened. It counts only the time in which the
/// process ran, not the time in which it was stopped (SIGSTOP, Ctrl-Z, a debugger, a frozen
/// container). When the time is over, the loop first handles everything that the kernel has for us,
/// which may stop the limit; only then it expires. One-shot, can be started again, keeps the loop
/// alive while it runs, unless unref'ed.
class Limit {
 public:
  Limit(Loop& loop, std::function<void()> expired);
  Limit(const Limit&) = delete;
  Limit& operator=(const Limit&) = delete;
  ~Limit() = default;

  /// Expires once after `delay`, counted from this moment; starting again replaces it.
  void start(std::chrono::milliseconds delay);
  void stop();
  [[nodiscard]] bool active() const { return timer_.active() || looking_; }
  void unref() { timer_.unref(); }

  /// Called several times during the delay, at least once a second, with the time that did not
  /// count since the last call. Set it before start(); it may start and stop the limit.
  std::function<void(std::chrono::milliseconds stopped)> on_slice;

 private:
  void start_slice();
  void end_slice();
  void look();

  std::function<void()> expired_;
  Timer timer_;     ///< the present slice of the delay
  Busy last_look_;  ///< keeps the loop turning until it has polled once more
  bool looking_ = false;
  bool polled_ = false;
  std::chrono::nanoseconds left_{0};   ///< of the delay, this slice included
  std::chrono::nanoseconds slice_{0};  ///< length of the present one
  std::uint64_t slice_start_ = 0;      ///< uv_hrtime()
};

}  // namespace tcpkit::uv
