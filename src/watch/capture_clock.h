#pragma once

#include <cstdint>

namespace tcpkit::watch {

/// Turns the kernel's time stamps, which are of CLOCK_REALTIME, into times of uv_hrtime(), which is
/// CLOCK_MONOTONIC: within a microsecond, unless the machine's time is set in between.
class CaptureClock {
 public:
  /// Looks at both clocks. To be called before the stamps of a batch are turned: follows a machine
  /// whose time is set while we run.
  void adjust();
  /// Both in nanoseconds.
  [[nodiscard]] std::uint64_t monotonic(std::uint64_t realtime) const {
    return realtime - static_cast<std::uint64_t>(ahead_);
  }
  [[nodiscard]] std::uint64_t realtime(std::uint64_t monotonic) const {
    return monotonic + static_cast<std::uint64_t>(ahead_);
  }

 private:
  std::int64_t ahead_ = 0;  ///< how far CLOCK_REALTIME is ahead
  bool known_ = false;
};

}  // namespace tcpkit::watch
