#pragma once

#include <functional>
#include <memory>

#include "uv/handle.h"
#include "uv/loop.h"

namespace tcpkit::uv {

/// Calls back when the process gets a signal. Does not keep the loop alive.
class Signal {
 public:
  /// Throws std::system_error.
  Signal(Loop& loop, int signum, std::function<void()> callback);
  ~Signal();
  Signal(const Signal&) = delete;
  Signal& operator=(const Signal&) = delete;

 private:
  Ptr<uv_signal_t> handle_;
  std::unique_ptr<std::function<void()>> callback_;
};

/// Calls back each time before the loop sleeps. Does not keep the loop alive, unless asked to.
class BeforeSleep {
 public:
  BeforeSleep(Loop& loop, std::function<void()> callback);
  /// While true the loop goes on, even with nothing else to wait for.
  void keep_alive(bool on);

 private:
  Ptr<uv_prepare_t> handle_;
  std::unique_ptr<std::function<void()>> callback_;
};

/// Calls back once a turn of the loop while started, and keeps it from sleeping: for sources that
/// are always ready, such as regular files.
class Busy {
 public:
  Busy(Loop& loop, std::function<void()> callback);
  void start();
  void stop() { uv_idle_stop(handle_.get()); }

 private:
  Ptr<uv_idle_t> handle_;
  std::unique_ptr<std::function<void()>> callback_;
};

/// Runs `work` in the loop's close phase: after all callbacks of this turn, where Node emits
/// `close`.
void in_close_phase(Loop& loop, std::function<void()> work);

}  // namespace tcpkit::uv
