#include "base/block_rule.h"

#include <fmt/format.h>

#include <charconv>

#include "base/escape.h"
#include "base/text.h"

namespace tcpkit {
namespace {

constexpr unsigned width = 128;
constexpr unsigned width4 = 32;

/// Ones behind the first `prefix` bits.
Bits128 host_mask(unsigned prefix) {
  static constexpr std::uint64_t ones = ~std::uint64_t{0};
  static constexpr unsigned half = 64;
  if (prefix == 0) return {ones, ones};
  if (prefix < half) return {ones >> prefix, ones};
  return {0, prefix < width ? ones >> (prefix - half) : 0};
}

/// The bits of the prefix in the one space of both families.
unsigned mapped_prefix(const BlockRule& rule) {
  return rule.family == 4 ? width - width4 + rule.prefix : rule.prefix;
}

std::optional<std::uint8_t> parse_prefix(std::string_view text, unsigned most) {
  unsigned value = 0;
  const char* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, value);
  const bool leading_zero = text.size() > 1 && text.front() == '0';
  if (error != std::errc() || at != end || leading_zero || value > most) return {};
  return static_cast<std::uint8_t>(value);
}

std::optional<BlockRule> parse_subnet(std::string_view text, std::size_t slash, std::string& why) {
  const auto address = parse_ip_number(text.substr(0, slash));
  if (!address) {
    why = fmt::format("'{}' is no subnet; write e.g. 10.0.0.0/8 or 2001:db8::/32",
                      display_start(text));
    return {};
  }
  const unsigned most = address->family == 4 ? width4 : width;
  const auto prefix = parse_prefix(text.substr(slash + 1), most);
  if (!prefix) {
    why =
        fmt::format("'{}': the prefix of an IPv{} subnet is 0 to {}, e.g. {}", display_start(text),
                    address->family, most, address->family == 4 ? "10.0.0.0/8" : "2001:db8::/32");
    return {};
  }
  BlockRule rule;
  rule.kind = BlockRule::Kind::subnet;
  rule.first = address->bits;
  rule.family = static_cast<std::uint8_t>(address->family);
  rule.prefix = *prefix;
  return rule;
}

std::optional<BlockRule> make_range(std::string_view text, const IpNumber& first,
                                    const IpNumber& last, std::string& why) {
  if (first.family != last.family) {
    why = fmt::format("'{}': both ends of a range are IPv4, or both IPv6", display_start(text));
    return {};
  }
  if (last.bits < first.bits) {
    why = fmt::format("'{}': the range ends before it begins; turn it round", display_start(text));
    return {};
  }
  BlockRule rule;
  rule.kind = BlockRule::Kind::range;
  rule.first = first.bits;
  rule.last = last.bits;
  rule.family = static_cast<std::uint8_t>(first.family);
  return rule;
}

std::string_view without_comment(std::string_view line) {
  return line.substr(0, line.find('#'));
}

void append_address(std::string& out, const BlockRule& rule, const Bits128& bits) {
  append_ip_number(out, {rule.family, bits});
}

}  // namespace

Bits128 BlockRule::lowest() const {
  if (kind != Kind::subnet) return first;
  const Bits128 host = host_mask(mapped_prefix(*this));
  return {first.high & ~host.high, first.low & ~host.low};
}

Bits128 BlockRule::highest() const {
  if (kind != Kind::subnet) return kind == Kind::range ? last : first;
  const Bits128 host = host_mask(mapped_prefix(*this));
  return {first.high | host.high, first.low | host.low};
}

std::optional<BlockRule> parse_block_rule(std::string_view text, std::string& why) {
  const std::size_t slash = text.find('/');
  if (slash != std::string_view::npos) return parse_subnet(text, slash, why);
  // A zone may hold dashes: a range is where both sides are addresses.
  for (std::size_t dash = text.find('-'); dash != std::string_view::npos;
       dash = text.find('-', dash + 1)) {
    const auto last = parse_ip_number(text.substr(dash + 1));
    if (!last) continue;
    const auto first = parse_ip_number(text.substr(0, dash));
    if (first) return make_range(text, *first, *last, why);
  }
  if (const auto address = parse_ip_number(text)) {
    BlockRule rule;
    rule.first = address->bits;
    rule.family = static_cast<std::uint8_t>(address->family);
    return rule;
  }
  why = fmt::format(
      "'{}' is no rule; write an address (10.0.0.1), a range (10.0.0.1-10.0.0.9) or a subnet "
      "(10.0.0.0/8)",
      display_start(text));
  return {};
}

void append_block_rule(std::string& out, const BlockRule& rule) {
  const std::string_view family = rule.family == 4 ? "IPv4 " : "IPv6 ";
  switch (rule.kind) {
    case BlockRule::Kind::address:
      (out += "Address: ") += family;
      append_address(out, rule, rule.first);
      return;
    case BlockRule::Kind::range:
      (out += "Range: ") += family;
      append_address(out, rule, rule.first);
      out += '-';
      append_address(out, rule, rule.last);
      return;
    case BlockRule::Kind::subnet:
      (out += "Subnet: ") += family;
      append_address(out, rule, rule.first);
      const auto prefix = fmt::format_int(rule.prefix);
      (out += '/').append(prefix.data(), prefix.size());
      return;
  }
}

std::string to_string(const BlockRule& rule) {
  std::string text;
  append_block_rule(text, rule);
  return text;
}

std::string_view strip_blanks(std::string_view line) {
  const auto is_blank = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  while (!line.empty() && is_blank(line.back()))
    line.remove_suffix(1);
  while (!line.empty() && is_blank(line.front()))
    line.remove_prefix(1);
  return line;
}

bool parse_block_rules(std::string_view lines, std::vector<BlockRule>& rules, std::size_t& line,
                       std::string& why) {
  for (std::string_view whole; next_line(lines, whole);) {
    ++line;
    const std::string_view text = strip_blanks(without_comment(whole));
    if (text.empty()) continue;
    auto rule = parse_block_rule(text, why);
    if (!rule) return false;
    rule->from_file = true;
    rules.push_back(*rule);
  }
  return true;
}

}  // namespace tcpkit
