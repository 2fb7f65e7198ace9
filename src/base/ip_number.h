#pragma once

#include <netinet/in.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tcpkit {

/// 128 bits as a number, so that ranges are comparisons.
struct Bits128 {
  std::uint64_t high = 0;
  std::uint64_t low = 0;

  // Without branches: a search compares random numbers, which no processor can predict.
  friend bool operator<=(const Bits128& a, const Bits128& b) {
    return static_cast<unsigned>(a.high < b.high) |
           (static_cast<unsigned>(a.high == b.high) & static_cast<unsigned>(a.low <= b.low));
  }
  friend bool operator<(const Bits128& a, const Bits128& b) { return !(b <= a); }
  friend bool operator==(const Bits128& a, const Bits128& b) = default;
};

/// A numeric address. IPv4 is kept in its IPv4-mapped form (::ffff:a.b.c.d), so that both families
/// compare in one space; `family` tells them apart. Zones are dropped, as Node's BlockList does.
struct IpNumber {
  int family = 0;  ///< 4 or 6
  Bits128 bits;

  /// In host order.
  static IpNumber from_ipv4(std::uint32_t address);
  static IpNumber from_ipv6(const in6_addr& address);
  /// True for IPv4 and for an IPv4-mapped IPv6 address.
  [[nodiscard]] bool is_mapped() const;
  /// 0.0.0.0 or ::
  [[nodiscard]] bool is_unspecified() const;
  /// 127.0.0.0/8 or ::1
  [[nodiscard]] bool is_loopback() const;
  /// Of a mapped one: the IPv4 address in host order.
  [[nodiscard]] std::uint32_t ipv4() const { return static_cast<std::uint32_t>(bits.low); }
};

/// The IPv4-mapped addresses, ::ffff:0.0.0.0 to ::ffff:255.255.255.255.
constexpr Bits128 first_mapped{0, 0xffff00000000};
constexpr Bits128 last_mapped{0, 0xffffffffffff};

/// From numeric text as is_ip() takes it (base/address.h); a zone need not exist here. nullopt
/// where it is none. Takes some 10 ns for IPv4.
std::optional<IpNumber> parse_ip_number(std::string_view text);

/// Appends the text in inet_ntop's form.
void append_ip_number(std::string& out, const IpNumber& number);

}  // namespace tcpkit
