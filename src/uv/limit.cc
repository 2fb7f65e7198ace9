#include "uv/limit.h"

#include <algorithm>
#include <utility>

namespace tcpkit::uv {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr milliseconds shortest_slice{5};
constexpr milliseconds longest_slice{1000};
constexpr int slices = 8;

}  // namespace

Limit::Limit(Loop& loop, std::function<void()> expired)
    : expired_(std::move(expired)),
      timer_(loop, [this] { end_slice(); }),
      last_look_(loop, [this] { look(); }) {}

void Limit::start(milliseconds delay) {
  stop();
  left_ = delay;
  slice_ = std::clamp<nanoseconds>(left_ / slices, shortest_slice, longest_slice);
  start_slice();
}

void Limit::stop() {
  timer_.stop();
  if (std::exchange(looking_, false)) last_look_.stop();
}

void Limit::start_slice() {
  slice_start_ = uv_hrtime();
  timer_.start(std::chrono::ceil<milliseconds>(std::min(slice_, left_)));
}

/// A slice that ends much too late was not spent running: it counts as two at most.
void Limit::end_slice() {
  const nanoseconds elapsed(uv_hrtime() - slice_start_);
  const nanoseconds counted = std::min(elapsed, 2 * slice_);
  left_ -= counted;
  if (left_ > nanoseconds(0)) {
    start_slice();
  } else {
    looking_ = true;
    polled_ = false;
    last_look_.start();
  }
  if (on_slice) on_slice(std::chrono::floor<milliseconds>(elapsed - counted));
}

/// Runs before the loop polls: at the second call it has polled once.
void Limit::look() {
  if (!std::exchange(polled_, true)) return;
  stop();
  const auto expired = expired_;  // a copy: it may destroy the limit
  expired();
}

}  // namespace tcpkit::uv
