#include "watch/capture_clock.h"

#include <ctime>

namespace tcpkit::watch {
namespace {

std::int64_t read(clockid_t clock) {
  static constexpr std::int64_t second = 1'000'000'000;
  timespec now{};
  ::clock_gettime(clock, &now);
  return now.tv_sec * second + now.tv_nsec;
}

}  // namespace

void CaptureClock::adjust() {
  // The difference lies between what the two outer readings give; the closer they are, the better.
  static constexpr std::int64_t close_enough = 1000;
  static constexpr int tries = 8;
  std::int64_t least = 0;
  std::int64_t most = 0;
  for (int i = 0; i < tries; ++i) {
    const std::int64_t before = read(CLOCK_MONOTONIC);
    const std::int64_t real = read(CLOCK_REALTIME);
    const std::int64_t after = read(CLOCK_MONOTONIC);
    if (i > 0 && after - before >= most - least) continue;
    least = real - after;
    most = real - before;
    if (most - least <= close_enough) break;
  }
  if (known_ && least <= ahead_ && ahead_ <= most) return;
  ahead_ = least + (most - least) / 2;
  known_ = true;
}

}  // namespace tcpkit::watch
