#include "base/duration.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "base/escape.h"

namespace tcpkit {

namespace {

constexpr std::int64_t max_ms = INT32_MAX;
constexpr std::int64_t second = 1000;
constexpr std::int64_t minute = 60 * second;
constexpr std::int64_t hour = 60 * minute;

/// An hour is 2^7 3^2 5^5 ms: no fraction of more digits than 7 (the last one not 0) makes whole
/// milliseconds.
constexpr std::size_t max_fraction_digits = 7;

/// Text as "WHOLE.FRACTION UNIT".
struct Parts {
  std::string_view whole;
  std::string_view fraction;
  std::int64_t unit;
};

std::optional<std::int64_t> unit_ms(std::string_view unit) {
  if (unit == "ms") return 1;
  if (unit.empty() || unit == "s") return second;
  if (unit == "m") return minute;
  if (unit == "h") return hour;
  return std::nullopt;
}

/// Cuts the digits off the start of `text`.
std::string_view take_digits(std::string_view& text) {
  const auto count = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto digits = text.substr(0, count);
  text.remove_prefix(count);
  return digits;
}

std::optional<Parts> split(std::string_view text) {
  Parts parts{};
  parts.whole = take_digits(text);
  if (parts.whole.empty()) return std::nullopt;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    parts.fraction = take_digits(text);
    if (parts.fraction.empty()) return std::nullopt;
    // Without trailing zeros; npos + 1 is 0, an empty fraction.
    parts.fraction = parts.fraction.substr(0, parts.fraction.find_last_not_of('0') + 1);
  }
  const auto unit = unit_ms(text);
  if (!unit) return std::nullopt;
  parts.unit = *unit;
  return parts;
}

/// The fraction in milliseconds; nullopt where they are not whole.
std::optional<std::int64_t> fraction_ms(std::string_view digits, std::int64_t unit) {
  if (digits.size() > max_fraction_digits) return std::nullopt;
  std::int64_t numerator = 0;
  std::int64_t denominator = 1;
  for (const char c : digits) {
    numerator = numerator * 10 + (c - '0');
    denominator *= 10;
  }
  if (numerator * unit % denominator != 0) return std::nullopt;
  return numerator * unit / denominator;
}

}  // namespace

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text, std::string& why) {
  const auto parts = split(text);
  if (!parts) {
    why = fmt::format("'{}' is not a duration; write 250ms, 3s or 2m", display_start(text));
    return std::nullopt;
  }
  const auto fraction = fraction_ms(parts->fraction, parts->unit);
  if (!fraction) {
    why =
        fmt::format("'{}' is not in whole milliseconds; write 1ms or 0.001s", display_start(text));
    return std::nullopt;
  }
  std::int64_t whole = 0;
  const char* end = parts->whole.data() + parts->whole.size();
  const auto error = std::from_chars(parts->whole.data(), end, whole).ec;
  if (error != std::errc{} || whole > (max_ms - *fraction) / parts->unit) {
    why = fmt::format("'{}' is too long; write at most {}ms or {}h", display_start(text), max_ms,
                      max_ms / hour);
    return std::nullopt;
  }
  return std::chrono::milliseconds(whole * parts->unit + *fraction);
}

std::string format_duration(std::chrono::milliseconds value) {
  const std::int64_t ms = value.count();
  // A fraction of a minute or an hour is never shorter than the same in whole smaller units.
  if (ms != 0 && ms % hour == 0) return fmt::format("{}h", ms / hour);
  if (ms != 0 && ms % minute == 0) return fmt::format("{}m", ms / minute);
  if (ms % second == 0) return fmt::format("{}s", ms / second);
  std::string seconds = fmt::format("{}.{:03}", ms / second, ms % second);
  seconds.erase(seconds.find_last_not_of('0') + 1);
  const std::string plain = fmt::format("{}ms", ms);
  return seconds.size() + 1 < plain.size() ? seconds + "s" : plain;
}

}  // namespace tcpkit
