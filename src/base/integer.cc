#include "base/integer.h"

#include <fmt/core.h>

#include <charconv>

#include "base/escape.h"

namespace tcpkit {

std::optional<int> parse_integer(const std::string& text, int least, int most, std::string& why) {
  int value = 0;
  const auto [end, err] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = err == std::errc() && end == text.data() + text.size() && !text.empty();
  if (whole && value >= least && value <= most) return value;
  why = fmt::format("'{}' is not a whole number from {} to {}", display(text), least, most);
  return {};
}

}  // namespace tcpkit
