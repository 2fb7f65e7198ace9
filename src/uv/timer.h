#pragma once

#include <chrono>
#include <functional>

#include "uv/handle.h"
#include "uv/loop.h"

namespace tcpkit::uv {

/// A one-shot timer that can be started again. Keeps the loop alive while it runs, unless unref'ed.
class Timer {
 public:
  Timer(Loop& loop, std::function<void()> callback);
  ~Timer() = default;
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  /// Fires once after `delay`, counted from this moment; starting again replaces it.
  void start(std::chrono::milliseconds delay);
  void unref() { uv_unref(reinterpret_cast<uv_handle_t*>(handle_.get())); }
  void stop() { uv_timer_stop(handle_.get()); }
  [[nodiscard]] bool active() const {
    return uv_is_active(reinterpret_cast<const uv_handle_t*>(handle_.get())) != 0;
  }

 private:
  Ptr<uv_timer_t> handle_;
  std::function<void()> callback_;
};

}  // namespace tcpkit::uv
