#include "diagram/clock.h"

#include <fmt/chrono.h>
#include <fmt/core.h>

#include <ctime>
#include <utility>

namespace tcpkit::diagram {

std::string Clock::text(const Row& row) {
  static constexpr double ns_per_ms = 1e6;
  static constexpr std::int64_t ns_per_s = 1'000'000'000;
  if (times_ == Times::none || !row.timed) return {};
  const std::int64_t before = std::exchange(last_, row.nanoseconds);
  if (times_ == Times::wall) {
    const std::int64_t at = start_ + row.nanoseconds;
    return fmt::format("{:%H:%M:%S}.{:06}", fmt::localtime(static_cast<std::time_t>(at / ns_per_s)),
                       at % ns_per_s / 1000);
  }
  const bool delta = times_ == Times::delta;
  const auto span = static_cast<double>(row.nanoseconds - (delta ? before : 0));
  return fmt::format("{}{:.3f}", delta ? "+" : "", span / ns_per_ms);
}

std::string Clock::unit() const {
  return times_ == Times::relative || times_ == Times::delta ? "ms" : "";
}

}  // namespace tcpkit::diagram
