#include "base/ip_number.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

#include "base/address.h"

namespace tcpkit {
namespace {

constexpr int octets = 4;

/// One octet in decimal without leading zeros, taken off `text`; -1 where there is none.
int take_octet(std::string_view& text) {
  static constexpr std::size_t most_digits = 3;
  static constexpr int most = 255;
  int value = 0;
  std::size_t digits = 0;
  for (; digits < text.size() && digits < most_digits; ++digits) {
    const char c = text[digits];
    if (c < '0' || c > '9') break;
    value = value * 10 + (c - '0');
  }
  const bool leading_zero = digits > 1 && text.front() == '0';
  if (digits == 0 || leading_zero || value > most) return -1;
  text.remove_prefix(digits);
  return value;
}

/// inet_pton() takes the same text, but needs a copy and five times as long.
std::optional<std::uint32_t> parse_ipv4(std::string_view text) {
  std::uint32_t address = 0;
  for (int i = 0; i < octets; ++i) {
    if (i > 0) {
      if (text.empty() || text.front() != '.') return {};
      text.remove_prefix(1);
    }
    const int octet = take_octet(text);
    if (octet < 0) return {};
    address = address << 8 | static_cast<std::uint32_t>(octet);
  }
  if (!text.empty()) return {};
  return address;
}

}  // namespace

IpNumber IpNumber::from_ipv4(std::uint32_t address) {
  return {4, {first_mapped.high, first_mapped.low | address}};
}

IpNumber IpNumber::from_ipv6(const in6_addr& address) {
  IpNumber number{6, {}};
  for (int i = 0; i < 8; ++i) {
    number.bits.high = number.bits.high << 8 | address.s6_addr[i];
    number.bits.low = number.bits.low << 8 | address.s6_addr[8 + i];
  }
  return number;
}

bool IpNumber::is_mapped() const {
  return first_mapped <= bits && bits <= last_mapped;
}

bool IpNumber::is_unspecified() const {
  return bits == Bits128{} || bits == first_mapped;
}

bool IpNumber::is_loopback() const {
  static constexpr std::uint32_t net = 127;
  return is_mapped() ? ipv4() >> 24U == net : bits == Bits128{0, 1};
}

std::optional<IpNumber> parse_ip_number(std::string_view text) {
  if (const auto address = parse_ipv4(text)) return IpNumber::from_ipv4(*address);
  if (text.find('%') != std::string_view::npos) {
    if (is_ip(text) != 6) return {};
    text = text.substr(0, text.find('%'));
  }
  // inet_pton() reads C strings, so a NUL would hide what follows it.
  std::array<char, INET6_ADDRSTRLEN> copy{};
  if (text.size() >= copy.size() || text.find('\0') != std::string_view::npos) return {};
  std::copy(text.begin(), text.end(), copy.begin());
  in6_addr address{};
  if (inet_pton(AF_INET6, copy.data(), &address) != 1) return {};
  return IpNumber::from_ipv6(address);
}

void append_ip_number(std::string& out, const IpNumber& number) {
  if (number.family == 4) {
    std::array<char, INET_ADDRSTRLEN> text{};
    char* end = text.data();
    for (int shift = 24; shift >= 0; shift -= 8) {
      const unsigned octet = number.ipv4() >> shift & 0xff;
      if (octet >= 100) *end++ = static_cast<char>('0' + octet / 100);
      if (octet >= 10) *end++ = static_cast<char>('0' + octet / 10 % 10);
      *end++ = static_cast<char>('0' + octet % 10);
      if (shift > 0) *end++ = '.';
    }
    out.append(text.data(), end);
    return;
  }
  in6_addr address{};
  for (int i = 0; i < 8; ++i) {
    address.s6_addr[i] = static_cast<std::uint8_t>(number.bits.high >> (56 - 8 * i));
    address.s6_addr[8 + i] = static_cast<std::uint8_t>(number.bits.low >> (56 - 8 * i));
  }
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(AF_INET6, &address, text.data(), text.size());
  out += text.data();
}

}  // namespace tcpkit
