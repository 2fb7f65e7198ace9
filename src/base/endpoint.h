#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tcpkit {

/// An address as the user wrote it, before names are looked up.
struct Endpoint {
  enum class Kind { tcp, unix_path, unix_abstract };
  Kind kind = Kind::tcp;
  std::string host;        ///< tcp: name or numeric address without brackets; empty: the default
  std::uint16_t port = 0;  ///< tcp
  std::string path;        ///< unix: path, or the abstract name without '@'

  [[nodiscard]] bool is_unix() const { return kind != Kind::tcp; }
  /// As it should be shown and typed: "localhost:80", "[::1]:80", ":80", "/path", "@NAME".
  [[nodiscard]] std::string to_string() const;
};

/// What the endpoint is for: port 0 means "any free one" for listening and nothing for connecting.
enum class Purpose { connecting, listening };

/// Parses one word: HOST:PORT, [IPV6]:PORT, :PORT, PORT, unix:PATH, unix:@NAME, or any word with a
/// '/' that is no URL. A host is what ascii_host() takes. A port is decimal digits or a service
/// name of /etc/services. Two or more colons without brackets, a host without a port, and a Unix
/// path over 107 bytes are errors. On failure returns nullopt and sets `why` to a clause naming the
/// word, the fault and a valid form.
std::optional<Endpoint> parse_endpoint(std::string_view word, Purpose purpose, std::string& why);

/// Parses the two-word form HOST PORT (nc's habit): an IPv6 host with or without brackets.
std::optional<Endpoint> parse_endpoint(std::string_view host, std::string_view port,
                                       Purpose purpose, std::string& why);

/// Parses a port: 0 (listening only) to 65535 in decimal digits, or a service name.
std::optional<std::uint16_t> parse_port(std::string_view text, Purpose purpose, std::string& why);

/// False if the host is an IPv6 address with a zone that names no interface of this machine; `why`
/// is set to a clause that names the zone.
bool check_zone(const Endpoint& endpoint, std::string& why);

}  // namespace tcpkit
