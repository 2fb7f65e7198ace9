#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tcpkit {

/// 4, 6 or 0, by the rules of Node's net.isIP (lib/internal/net.js): no leading zeros in IPv4, an
/// IPv6 zone of [0-9a-zA-Z-.:]+ after '%', no port, no brackets, no prefix.
int is_ip(std::string_view text);

/// A clause about text that Address::from_ip() does not take: its zone names no interface of this
/// machine, or it is no numeric address.
std::string why_no_address(std::string_view ip);

/// A socket address: IPv4, IPv6 (with scope), or a Unix domain path. A plain value.
class Address {
 public:
  /// 107: sizeof(sockaddr_un::sun_path) - 1, the longest path (unix(7)).
  static constexpr std::size_t max_path = sizeof(sockaddr_un::sun_path) - 1;

  /// From numeric text as is_ip() takes it; nullopt where it is none (or its zone names no
  /// interface of this machine).
  static std::optional<Address> from_ip(std::string_view ip, std::uint16_t port);

  /// From a path of 1 to max_path bytes, or with `abstract` a name without its '@'; nullopt
  /// where it is too long or empty, or a path holds a NUL.
  static std::optional<Address> from_path(std::string_view path, bool abstract);

  /// From what the kernel returned. An unnamed Unix socket has an empty path().
  static Address from_sockaddr(const sockaddr* address, socklen_t length);

  [[nodiscard]] const sockaddr* get() const;
  [[nodiscard]] socklen_t size() const { return size_; }

  [[nodiscard]] bool is_unix() const;
  /// 4 or 6; 0 for a Unix socket.
  [[nodiscard]] int family() const;
  /// "IPv4" or "IPv6"; empty for a Unix socket.
  [[nodiscard]] std::string_view family_name() const;
  /// Numeric text in inet_ntop's form, with %zone where there is a scope; a Unix socket's path
  /// (an abstract name as "@NAME").
  [[nodiscard]] std::string host() const;
  /// 0 for a Unix socket.
  [[nodiscard]] std::uint16_t port() const;
  [[nodiscard]] Address with_port(std::uint16_t port) const;
  /// "127.0.0.1:80", "[::1]:80", "/path", "@NAME". An IPv4-mapped IPv6 address keeps its form.
  [[nodiscard]] std::string to_string() const;
  /// to_string() for people: IPv4-mapped IPv6 addresses as plain IPv4.
  [[nodiscard]] std::string to_plain_string() const;

  /// Same family, host, scope and port.
  friend bool operator==(const Address& a, const Address& b);

 private:
  sockaddr_storage storage_{};
  socklen_t size_ = 0;
};

}  // namespace tcpkit
