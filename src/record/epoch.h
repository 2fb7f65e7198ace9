#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace tcpkit::record {

/// The moment the program started, on both clocks; the zero of every record's time.
struct Epoch {
  std::uint64_t monotonic_ns;  ///< uv_hrtime()
  std::chrono::system_clock::time_point wall;
  static Epoch now();
};

/// RFC 3339 in UTC with microseconds: "2026-02-01T08:00:00.000412Z".
std::string format_utc(std::chrono::system_clock::time_point time);

}  // namespace tcpkit::record
