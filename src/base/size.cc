#include "base/size.h"

#include <fmt/core.h>

#include <charconv>

#include "base/escape.h"

namespace tcpkit {

namespace {

constexpr std::uint64_t max_size = std::uint64_t{1} << 62;

/// How far the suffix shifts the number; nullopt for an unknown one.
std::optional<unsigned> suffix_shift(std::string_view suffix) {
  if (suffix.empty()) return 0;
  if (suffix == "k" || suffix == "K") return 10;
  if (suffix == "m" || suffix == "M") return 20;
  if (suffix == "g" || suffix == "G") return 30;
  return std::nullopt;
}

}  // namespace

std::optional<std::uint64_t> parse_size(std::string_view text, std::string& why) {
  std::uint64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  const auto shift = suffix_shift({rest, end});
  if (error == std::errc::invalid_argument || !shift) {
    why = fmt::format("'{}' is not a size; write 4096, 64k, 1M or 2G", display_start(text));
    return std::nullopt;
  }
  if (error == std::errc::result_out_of_range || value > max_size >> *shift) {
    why = fmt::format("'{}' is too large; write e.g. 64k", display_start(text));
    return std::nullopt;
  }
  return value << *shift;
}

}  // namespace tcpkit
