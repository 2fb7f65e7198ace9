#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tcpkit::record {

/// The moment the program started, on both clocks; the zero of every record's time.
struct Epoch {
  std::uint64_t monotonic_ns = 0;  ///< uv_hrtime()
  std::chrono::system_clock::time_point wall;
  static Epoch now();
};

/// RFC 3339 in UTC with microseconds: "2026-02-01T08:00:00.000412Z".
std::string format_utc(std::chrono::system_clock::time_point time);
/// Of such a text, with up to nine decimals or none: nanoseconds since 1970. Empty where it is no
/// time of that form, or not of 1970 to 2199.
std::optional<std::int64_t> parse_utc(std::string_view text);

}  // namespace tcpkit::record
