#include "uv/timer.h"

#include <utility>

namespace tcpkit::uv {

Timer::Timer(Loop& loop, std::function<void()> callback)
    : handle_(new uv_timer_t), callback_(std::move(callback)) {
  uv_timer_init(loop.get(), handle_.get());
  handle_->data = this;
}

void Timer::start(std::chrono::milliseconds delay) {
  // The loop's clock is cached: without this a timer started after long work fires early.
  uv_update_time(handle_->loop);
  uv_timer_start(
      handle_.get(),
      [](uv_timer_t* handle) {
        Loop::of(handle->loop).turn([&] {
          auto* self = static_cast<Timer*>(handle->data);
          if (self == nullptr) return;
          const auto callback = self->callback_;  // a copy: it may destroy the timer
          callback();
        });
      },
      static_cast<std::uint64_t>(delay.count()), 0);
}

}  // namespace tcpkit::uv
