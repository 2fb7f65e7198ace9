#include "base/endpoint.h"

#include <fmt/core.h>
#include <netdb.h>

#include <algorithm>
#include <cctype>
#include <charconv>

#include "base/address.h"
#include "base/escape.h"
#include "base/foreign_address.h"
#include "base/host_name.h"

namespace tcpkit {

namespace {

constexpr std::string_view unix_prefix = "unix:";
constexpr unsigned max_port = 65535;

bool is_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

std::optional<std::uint16_t> service_port(std::string_view name) {
  // RFC 6335, 5.1 allows 15 letters, digits and hyphens; /etc/services has a little more. Anything
  // else is not worth reading that file for.
  constexpr std::size_t most = 32;
  if (name.empty() || name.size() > most || !std::all_of(name.begin(), name.end(), [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
               std::string_view("-._+*").find(c) != std::string_view::npos;
      })) {
    return std::nullopt;
  }
  const servent* service = getservbyname(std::string(name).c_str(), "tcp");
  if (!service) return std::nullopt;
  return ntohs(static_cast<std::uint16_t>(service->s_port));
}

/// A form of ports to write. Without /etc/services no name of a service is known.
std::string port_forms() {
  const std::string numbers = fmt::format("write 1 to {}", max_port);
  if (service_port("http")) return numbers + " or a service such as http";
  return numbers + " (without /etc/services no names of services are known)";
}

/// A first part that may be left out.
bool check_host(std::string_view host, std::string& why) {
  return host.empty() || ascii_host(host, why);
}

std::optional<Endpoint> parse_unix(std::string_view word, std::string& why) {
  const bool prefixed = word.starts_with(unix_prefix);
  Endpoint endpoint;
  endpoint.kind = Endpoint::Kind::unix_path;
  endpoint.path = prefixed ? word.substr(unix_prefix.size()) : word;
  if (prefixed && endpoint.path.starts_with('@')) {
    endpoint.kind = Endpoint::Kind::unix_abstract;
    endpoint.path.erase(0, 1);
  }
  if (endpoint.path.empty()) {
    why = fmt::format("'{}' names no Unix socket; write unix:PATH or unix:@NAME",
                      display_start(word));
    return std::nullopt;
  }
  if (endpoint.path.size() > Address::max_path) {
    why = fmt::format("'{}' is a Unix socket path of {} bytes; write one of at most {}",
                      display_start(word), endpoint.path.size(), Address::max_path);
    return std::nullopt;
  }
  if (endpoint.path.find('\0') != std::string::npos) {
    why = fmt::format("'{}' holds a NUL; write unix:PATH without one", display_start(word));
    return std::nullopt;
  }
  return endpoint;
}

/// From the host, checked already, and the port of `word`.
std::optional<Endpoint> make_tcp(std::string_view word, std::string_view host,
                                 std::string_view port, Purpose purpose, std::string& why) {
  if (port.empty()) {
    why = fmt::format("'{}' has no port; write {}PORT", display_start(word), display_start(word));
    return std::nullopt;
  }
  const auto number = parse_port(port, purpose, why);
  if (!number) {
    why = fmt::format("in '{}', {}", display_start(word), why);
    return std::nullopt;
  }
  return Endpoint{Endpoint::Kind::tcp, std::string(host), *number, {}};
}

std::optional<Endpoint> parse_bracketed(std::string_view word, Purpose purpose, std::string& why) {
  const std::size_t close = std::min(word.find(']'), word.size());
  const auto host = word.substr(1, close - 1);
  const auto rest = word.substr(close);
  if (is_ip(host) != 6) {
    why = fmt::format("'{}' holds no IPv6 address in brackets; write [IPV6]:PORT, such as [::1]:80",
                      display_start(word));
    return std::nullopt;
  }
  if (!rest.starts_with("]:")) {
    why =
        fmt::format("'{}' has no port; write [{}]:PORT", display_start(word), display_start(host));
    return std::nullopt;
  }
  return make_tcp(word, host, rest.substr(2), purpose, why);
}

/// A clause for a word of two or more colons and no brackets, with the form it may have meant.
std::string unbracketed(std::string_view word, Purpose purpose) {
  const std::size_t last = word.rfind(':');
  const auto head = word.substr(0, last);
  const auto tail = word.substr(last + 1);
  std::string forms;
  std::string ignored;
  if (is_ip(word) == 6) forms = fmt::format("[{}]:PORT", word);
  if (is_ip(head) == 6 && parse_port(tail, purpose, ignored)) {
    forms += fmt::format("{}[{}]:{}", forms.empty() ? "" : " or ", head, display_start(tail));
  }
  if (forms.empty()) forms = "HOST:PORT or [IPV6]:PORT";
  return fmt::format("'{}' has more than one colon, and IPv6 needs brackets; write {}",
                     display_start(word), forms);
}

/// A clause for a word that is neither port nor service: most often a host alone.
std::string portless(std::string_view word) {
  std::string form = "HOST:PORT";
  if (std::isalnum(static_cast<unsigned char>(word.front()))) form = fmt::format("{}:PORT", word);
  return fmt::format("'{}' is neither a port nor a service, and a host needs a port; write {}",
                     word, form);
}

std::optional<Endpoint> parse_alone(std::string_view word, Purpose purpose, std::string& why) {
  if (is_digits(word) || service_port(word)) {
    const auto port = parse_port(word, purpose, why);
    if (!port) return std::nullopt;
    return Endpoint{Endpoint::Kind::tcp, {}, *port, {}};
  }
  if (word.starts_with('@')) {
    why =
        fmt::format("'{0}' has no port; write unix:{0} for the abstract Unix socket, or HOST:PORT",
                    display_start(word));
  } else if (check_host(word, why)) {
    why = portless(word);
  }
  return std::nullopt;
}

}  // namespace

std::string Endpoint::to_string() const {
  if (kind == Kind::unix_abstract) return "@" + path;
  if (kind == Kind::unix_path) {
    const bool plain = path.find('/') != std::string::npos && !path.starts_with(unix_prefix);
    return plain ? path : fmt::format("{}{}", unix_prefix, path);
  }
  const bool colons = host.find(':') != std::string::npos;
  return colons ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
}

std::optional<Endpoint> parse_endpoint(std::string_view word, Purpose purpose, std::string& why) {
  if (word.empty()) {
    why = "'' is not an address; write HOST:PORT, PORT or unix:PATH";
    return std::nullopt;
  }
  if (auto answer = answer_foreign_address(word, purpose)) {
    why = std::move(*answer);
    return std::nullopt;
  }
  if (word.starts_with(unix_prefix) || word.find('/') != std::string_view::npos) {
    return parse_unix(word, why);
  }
  if (word.starts_with('[')) return parse_bracketed(word, purpose, why);
  const std::size_t colon = word.find(':');
  if (colon == std::string_view::npos) return parse_alone(word, purpose, why);
  if (word.rfind(':') != colon) {
    why = unbracketed(word, purpose);
    return std::nullopt;
  }
  const auto host = word.substr(0, colon);
  if (!check_host(host, why)) return std::nullopt;
  return make_tcp(word, host, word.substr(colon + 1), purpose, why);
}

std::optional<Endpoint> parse_endpoint(std::string_view host, std::string_view port,
                                       Purpose purpose, std::string& why) {
  std::string_view name = host;
  if (host.starts_with('[') && host.ends_with(']')) {
    name = host.substr(1, host.size() - 2);
    if (is_ip(name) != 6) {
      why = fmt::format("'{}' holds no IPv6 address; write [IPV6] PORT, such as [::1] 80",
                        display_start(host));
      return std::nullopt;
    }
  } else if (is_digits(host)) {  // getaddrinfo(3) would read 5000 as 0.0.19.136
    why = fmt::format("'{}' is a port, not a host; write HOST PORT, such as localhost 80",
                      display_start(host));
    return std::nullopt;
  } else if (host.empty() || (host.find(':') != std::string_view::npos && is_ip(host) != 6)) {
    why = fmt::format("'{}' is not a host; write HOST PORT, such as localhost 80",
                      display_start(host));
    return std::nullopt;
  } else if (is_ip(host) != 6 && !check_host(host, why)) {
    return std::nullopt;
  }
  const auto number = parse_port(port, purpose, why);
  if (!number) return std::nullopt;
  return Endpoint{Endpoint::Kind::tcp, std::string(name), *number, {}};
}

std::optional<std::uint16_t> parse_port(std::string_view text, Purpose purpose, std::string& why) {
  if (!is_digits(text)) {
    const auto port = service_port(text);
    const std::size_t dash = text.find('-');
    if (!port && dash != text.npos && is_digits(text.substr(0, dash)) &&
        is_digits(text.substr(dash + 1))) {
      why = fmt::format(
          "'{}' is a range of ports; write one port (tcpkit scan HOST {} tries them all)",
          display_start(text), display_start(text));
    } else if (!port) {
      why = fmt::format("'{}' is not a port; {}", display_start(text), port_forms());
    }
    return port;
  }
  unsigned port = 0;
  const auto error = std::from_chars(text.data(), text.data() + text.size(), port).ec;
  if (error != std::errc{} || port > max_port) {
    why = fmt::format("'{}' is over the highest port; write 1 to {}", text, max_port);
    return std::nullopt;
  }
  if (port == 0 && purpose == Purpose::connecting) {
    why = fmt::format("port '{}' is for listening only; write 1 to {}", text, max_port);
    return std::nullopt;
  }
  return static_cast<std::uint16_t>(port);
}

bool check_zone(const Endpoint& endpoint, std::string& why) {
  if (is_ip(endpoint.host) == 0 || Address::from_ip(endpoint.host, 0)) return true;
  why = why_no_address(endpoint.host);
  return false;
}

}  // namespace tcpkit
