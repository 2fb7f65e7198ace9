#include "cmd/declare.h"

#include <charconv>

#include "base/escape.h"

namespace tcpkit::cmd {

std::optional<int> parse_integer(const std::string& text, int least, int most, std::string& why) {
  int value = 0;
  const auto [end, err] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = err == std::errc() && end == text.data() + text.size() && !text.empty();
  if (whole && value >= least && value <= most) return value;
  why = fmt::format("'{}' is not a whole number from {} to {}", display(text), least, most);
  return {};
}

std::string not_one_of(const std::string& given, const std::vector<std::string>& words) {
  return fmt::format("'{}' is not one of {}", display(given), fmt::join(words, ", "));
}

CLI::Option* Group::string(const std::string& names, const std::string& placeholder,
                           std::string& target, const std::string& text) {
  return value(
      names, placeholder, target,
      [](const std::string& given, std::string& why) -> std::optional<std::string> {
        if (!given.empty()) return given;
        why = "the value is empty";
        return {};
      },
      text);
}

CLI::Option* Group::integer(const std::string& names, std::optional<int>& target, int least,
                            int most, const std::string& text) {
  return value(
      names, "N", target,
      [least, most](const std::string& given, std::string& why) {
        return parse_integer(given, least, most, why);
      },
      text);
}

CLI::Option* Group::size(const std::string& names, std::size_t& target, std::size_t least,
                         std::size_t most, const std::string& text) {
  return value(
      names, "SIZE", target,
      [least, most](const std::string& given, std::string& why) -> std::optional<std::size_t> {
        const auto size = parse_size(given, why);
        if (!size) return {};
        if (*size >= least && *size <= most) return *size;
        why = fmt::format("'{}' is out of range: {} to {} bytes", display(given), least, most);
        return {};
      },
      text);
}

}  // namespace tcpkit::cmd
