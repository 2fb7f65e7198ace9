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

std::optional<std::int64_t> parse_utc(std::string_view text) {
  static constexpr std::string_view shape = "0000-00-00T00:00:00";
  if (text.size() < shape.size() + 1 || text.back() != 'Z') return {};
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] == '0' ? !is_digit(text[i]) : text[i] != shape[i]) return {};
  }
  const auto digits = [&](std::size_t at, std::size_t count) {
    std::int64_t value = 0;
    for (const char c : text.substr(at, count))
      value = value * 10 + (c - '0');
    return value;
  };
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(digits(0, 4))),
                                         std::chrono::month(static_cast<unsigned>(digits(5, 2))),
                                         std::chrono::day(static_cast<unsigned>(digits(8, 2)))};
  const bool clock = digits(11, 2) < 24 && digits(14, 2) < 60 && digits(17, 2) <= 60;
  if (!date.ok() || !clock || digits(0, 4) < 1970 || digits(0, 4) > 2199) return {};
  std::string_view fraction = text.substr(shape.size(), text.size() - shape.size() - 1);
  std::int64_t nanoseconds = 0;
  if (!fraction.empty()) {
    if (fraction.front() != '.' || fraction.size() == 1 || fraction.size() > 10) return {};
    fraction.remove_prefix(1);
    for (std::size_t i = 0; i < 9; ++i) {
      if (i < fraction.size() && !is_digit(fraction[i])) return {};
      nanoseconds = nanoseconds * 10 + (i < fraction.size() ? fraction[i] - '0' : 0);
    }
  }
  const std::chrono::sys_days day(date);
  const std::int64_t seconds = std::int64_t{day.time_since_epoch().count()} * 86400 +
                               digits(11, 2) * 3600 + digits(14, 2) * 60 + digits(17, 2);
  return seconds * 1'000'000'000 + nanoseconds;
}

}  // namespace tcpkit::record
