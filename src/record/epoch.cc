#include "record/epoch.h"

#include <fmt/chrono.h>
#include <uv.h>

namespace tcpkit::record {

Epoch Epoch::now() {
  // Whole microseconds, as in the records: `time` less `t` is the same in each of them.
  const auto now = std::chrono::system_clock::now();
  return {uv_hrtime(), std::chrono::floor<std::chrono::microseconds>(now)};
}

std::string format_utc(std::chrono::system_clock::time_point time) {
  const auto micros =
      std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch());
  const auto seconds = std::chrono::floor<std::chrono::seconds>(micros);
  const std::tm utc = fmt::gmtime(static_cast<std::time_t>(seconds.count()));
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:06}Z", utc, (micros - seconds).count());
}

}  // namespace tcpkit::record
