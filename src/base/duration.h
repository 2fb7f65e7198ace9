#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace tcpkit {

/// The kernel counts round trips in microseconds; people read milliseconds.
inline constexpr double us_per_ms = 1000;

/// Parses "250ms", "3s", "2m", "1h"; a bare number is seconds, as with `nc -w`. Fractions are fine
/// ("0.5", "1.5s") where they come to whole milliseconds. No sign, no blanks, no exponent.
/// Range 0 to 2^31 - 1 ms (about 24 days). On failure returns nullopt and sets `why` to a clause
/// such as "'3x' is not a duration; write 250ms, 3s or 2m".
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text, std::string& why);

/// Shortest exact text with a unit: "250ms", "3s", "1.5s", "2m"; 0 is "0s".
std::string format_duration(std::chrono::milliseconds value);

}  // namespace tcpkit
