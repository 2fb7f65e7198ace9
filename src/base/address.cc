#include "base/address.h"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <net/if.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstring>

#include "base/escape.h"

namespace tcpkit {

namespace {

constexpr std::size_t path_offset = offsetof(sockaddr_un, sun_path);

struct Ip {
  int family = 0;  ///< 4, 6 or 0
  in_addr v4{};
  in6_addr v6{};
  std::string zone;
};

bool is_zone_character(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
         c == '.' || c == ':';
}

Ip parse_ip(std::string_view text) {
  // inet_pton() reads C strings, so a NUL would hide what follows it.
  if (text.find('\0') != std::string_view::npos) return {};
  const std::size_t percent = text.find('%');
  const std::string number(text.substr(0, percent));
  Ip ip;
  if (percent == std::string_view::npos) {
    if (inet_pton(AF_INET, number.c_str(), &ip.v4) == 1) ip.family = 4;
  } else {
    ip.zone = text.substr(percent + 1);
    if (ip.zone.empty() || !std::all_of(ip.zone.begin(), ip.zone.end(), is_zone_character))
      return {};
  }
  if (ip.family == 0 && inet_pton(AF_INET6, number.c_str(), &ip.v6) == 1) ip.family = 6;
  return ip;
}

/// Index of the interface that `zone` names or numbers; 0 for none.
unsigned zone_index(const std::string& zone) {
  if (const unsigned index = if_nametoindex(zone.c_str())) return index;
  unsigned index = 0;
  const char* end = zone.data() + zone.size();
  const auto [rest, error] = std::from_chars(zone.data(), end, index);
  std::array<char, IF_NAMESIZE> name{};
  const bool exists = error == std::errc{} && rest == end && if_indextoname(index, name.data());
  return exists ? index : 0;
}

std::string zone_name(unsigned index) {
  std::array<char, IF_NAMESIZE> name{};
  if (if_indextoname(index, name.data())) return name.data();
  return std::to_string(index);
}

/// A copy in the family's own type, free of aliasing.
template <typename T>
T as(const sockaddr_storage& storage) {
  T address{};
  std::memcpy(&address, &storage, sizeof(address));
  return address;
}

template <typename T>
void assign(sockaddr_storage& storage, const T& address) {
  std::memcpy(&storage, &address, sizeof(address));
}

/// The path, or NUL and the abstract name; empty for an unnamed socket.
std::string unix_name(const sockaddr_storage& storage, socklen_t size) {
  if (size <= path_offset) return {};
  const auto address = as<sockaddr_un>(storage);
  std::string name(address.sun_path, std::min(size - path_offset, sizeof(address.sun_path)));
  // unix(7): a path ends at its NUL, if it has one; an abstract name counts by its length.
  if (name.front() != '\0') name.resize(std::strlen(name.c_str()));
  return name;
}

std::string join(const std::string& host, std::uint16_t port) {
  const bool colons = host.find(':') != std::string::npos;
  return colons ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
}

}  // namespace

int is_ip(std::string_view text) {
  return parse_ip(text).family;
}

std::string why_no_address(std::string_view ip) {
  if (const Ip parsed = parse_ip(ip); !parsed.zone.empty() && parsed.family == 6) {
    return fmt::format(
        "'{}' in '{}' is no network interface of this machine; write one that "
        "`ip link` lists",
        parsed.zone, display_start(ip));
  }
  return fmt::format("'{}' is not a numeric address; write 127.0.0.1 or ::1", display_start(ip));
}

std::optional<Address> Address::from_ip(std::string_view ip, std::uint16_t port) {
  const Ip parsed = parse_ip(ip);
  Address result;
  if (parsed.family == 4) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr = parsed.v4;
    assign(result.storage_, address);
    result.size_ = sizeof(address);
    return result;
  }
  if (parsed.family == 6) {
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(port);
    address.sin6_addr = parsed.v6;
    if (!parsed.zone.empty()) {
      address.sin6_scope_id = zone_index(parsed.zone);
      if (address.sin6_scope_id == 0) return std::nullopt;
    }
    assign(result.storage_, address);
    result.size_ = sizeof(address);
    return result;
  }
  return std::nullopt;
}

std::optional<Address> Address::from_path(std::string_view path, bool abstract) {
  if (path.empty() || path.size() > max_path) return std::nullopt;
  if (!abstract && path.find('\0') != std::string_view::npos) return std::nullopt;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::copy(path.begin(), path.end(), address.sun_path + (abstract ? 1 : 0));
  Address result;
  assign(result.storage_, address);
  // One NUL either way: before an abstract name, behind a path.
  result.size_ = static_cast<socklen_t>(path_offset + path.size() + 1);
  return result;
}

Address Address::from_sockaddr(const sockaddr* address, socklen_t length) {
  Address result;
  result.size_ = std::min<socklen_t>(length, sizeof(result.storage_));
  std::memcpy(&result.storage_, address, result.size_);
  return result;
}

const sockaddr* Address::get() const {
  return reinterpret_cast<const sockaddr*>(&storage_);
}

bool Address::is_unix() const {
  return storage_.ss_family == AF_UNIX;
}

int Address::family() const {
  if (storage_.ss_family == AF_INET) return 4;
  return storage_.ss_family == AF_INET6 ? 6 : 0;
}

std::string_view Address::family_name() const {
  if (family() == 4) return "IPv4";
  return family() == 6 ? "IPv6" : "";
}

std::string Address::host() const {
  if (is_unix()) {
    std::string name = unix_name(storage_, size_);
    if (name.starts_with('\0')) name.front() = '@';
    return name;
  }
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (family() == 4) {
    const auto address = as<sockaddr_in>(storage_);
    inet_ntop(AF_INET, &address.sin_addr, text.data(), text.size());
    return text.data();
  }
  if (family() == 6) {
    const auto address = as<sockaddr_in6>(storage_);
    inet_ntop(AF_INET6, &address.sin6_addr, text.data(), text.size());
    if (address.sin6_scope_id == 0) return text.data();
    return fmt::format("{}%{}", text.data(), zone_name(address.sin6_scope_id));
  }
  return {};
}

std::uint16_t Address::port() const {
  if (family() == 4) return ntohs(as<sockaddr_in>(storage_).sin_port);
  return family() == 6 ? ntohs(as<sockaddr_in6>(storage_).sin6_port) : 0;
}

Address Address::with_port(std::uint16_t port) const {
  Address result = *this;
  if (family() == 4) {
    auto address = as<sockaddr_in>(storage_);
    address.sin_port = htons(port);
    assign(result.storage_, address);
  } else if (family() == 6) {
    auto address = as<sockaddr_in6>(storage_);
    address.sin6_port = htons(port);
    assign(result.storage_, address);
  }
  return result;
}

std::string Address::to_string() const {
  return family() == 0 ? host() : join(host(), port());
}

std::string Address::to_plain_string() const {
  const auto address = as<sockaddr_in6>(storage_);
  if (family() != 6 || !IN6_IS_ADDR_V4MAPPED(&address.sin6_addr)) return to_string();
  std::array<char, INET_ADDRSTRLEN> text{};
  inet_ntop(AF_INET, &address.sin6_addr.s6_addr[12], text.data(), text.size());
  return join(text.data(), port());
}

bool operator==(const Address& a, const Address& b) {
  if (a.storage_.ss_family != b.storage_.ss_family || a.port() != b.port()) return false;
  if (a.is_unix()) return unix_name(a.storage_, a.size_) == unix_name(b.storage_, b.size_);
  if (a.family() == 4) {
    return as<sockaddr_in>(a.storage_).sin_addr.s_addr ==
           as<sockaddr_in>(b.storage_).sin_addr.s_addr;
  }
  const auto six = as<sockaddr_in6>(a.storage_);
  const auto other = as<sockaddr_in6>(b.storage_);
  return IN6_ARE_ADDR_EQUAL(&six.sin6_addr, &other.sin6_addr) &&
         six.sin6_scope_id == other.sin6_scope_id;
}

}  // namespace tcpkit
