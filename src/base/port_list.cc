#include "base/port_list.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "base/endpoint.h"
#include "base/escape.h"

namespace tcpkit {
namespace {

constexpr std::size_t all_ports = 65536;
constexpr std::string_view valid_form = "write e.g. 22,80,8000-8100";

using Range = std::pair<std::uint16_t, std::uint16_t>;

/// "80-", "-80", "1-2-3": of digits and hyphens alone, which no service name is.
bool is_meant_as_range(std::string_view part) {
  return part.find('-') != std::string_view::npos &&
         part.find_first_not_of("0123456789-") == std::string_view::npos;
}

std::optional<Range> parse_range(std::string_view part, std::string& why) {
  const std::size_t dash = part.find('-');
  const std::string_view first = part.substr(0, dash);
  const std::string_view last = part.substr(dash + 1);
  if (first.empty() || last.empty() || last.find('-') != std::string_view::npos) {
    why = fmt::format("'{}' is not a range of ports; write FIRST-LAST, e.g. 8000-8100",
                      display_start(part));
    return {};
  }
  const auto from = parse_port(first, Purpose::connecting, why);
  if (!from) return {};
  const auto to = parse_port(last, Purpose::connecting, why);
  if (!to) return {};
  if (*from > *to) {
    why = fmt::format("'{}' runs backwards; write {}-{}", display_start(part), *to, *from);
    return {};
  }
  return Range{*from, *to};
}

std::optional<Range> parse_part(std::string_view part, std::string& why) {
  if (part.empty()) {
    why = fmt::format("a port is missing next to a comma; {}", valid_form);
    return {};
  }
  if (is_meant_as_range(part)) return parse_range(part, why);
  const auto port = parse_port(part, Purpose::connecting, why);
  if (!port) return {};
  return Range{*port, *port};
}

}  // namespace

std::optional<std::vector<std::uint16_t>> parse_port_list(std::string_view text, std::string& why) {
  if (text.empty()) {
    why = fmt::format("'' is not a list of ports; {}", valid_form);
    return {};
  }
  std::vector<bool> wanted(all_ports);
  const bool only = text.find(',') == std::string_view::npos;
  for (std::string_view rest = text;;) {
    const std::size_t comma = rest.find(',');
    const auto range = parse_part(rest.substr(0, comma), why);
    if (!range) {
      if (!only) why = fmt::format("in '{}', {}", display_start(text), why);
      return {};
    }
    std::fill(wanted.begin() + range->first, wanted.begin() + range->second + 1, true);
    if (comma == std::string_view::npos) break;
    rest.remove_prefix(comma + 1);
  }
  std::vector<std::uint16_t> ports;
  for (std::size_t port = 1; port < all_ports; ++port)
    if (wanted[port]) ports.push_back(static_cast<std::uint16_t>(port));
  return ports;
}

}  // namespace tcpkit
