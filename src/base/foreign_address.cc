#include "base/foreign_address.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "base/escape.h"

namespace tcpkit {
namespace {

struct Scheme {
  std::string_view name;
  std::string_view port;
  bool tls;
};

/// Known without /etc/services.
constexpr std::array schemes{
    Scheme{"http", "80", false}, Scheme{"https", "443", true}, Scheme{"ws", "80", false},
    Scheme{"wss", "443", true},  Scheme{"ftp", "21", false},   Scheme{"ssh", "22", false},
    Scheme{"tls", "", true},     Scheme{"ssl", "", true},
};

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

bool parses(std::string_view word, Purpose purpose) {
  std::string ignored;
  return parse_endpoint(word, purpose, ignored).has_value();
}

/// "SCHEME://" at the start: the length of SCHEME, else 0.
std::size_t scheme_size(std::string_view word) {
  const std::size_t end = word.find("://");
  if (end == word.npos || end == 0) return 0;
  const bool plain = std::all_of(
      word.begin(), word.begin() + static_cast<std::ptrdiff_t>(end),
      [](unsigned char c) { return std::isalnum(c) != 0 || c == '+' || c == '-' || c == '.'; });
  return plain ? end : 0;
}

std::string answer_url(std::string_view word, std::size_t scheme_end, Purpose purpose) {
  const std::string name = lower(word.substr(0, scheme_end));
  std::string_view rest = word.substr(scheme_end + 3);
  if (name == "unix") {
    while (rest.starts_with("//"))
      rest.remove_prefix(1);
    return fmt::format("'{}' is a URL; write unix:{}", display_start(word), display_start(rest));
  }
  rest = rest.substr(0, rest.find_first_of("/?#"));
  if (const std::size_t user = rest.rfind('@'); user != rest.npos) rest.remove_prefix(user + 1);
  const auto* scheme =
      std::find_if(schemes.begin(), schemes.end(), [&](const Scheme& s) { return s.name == name; });
  const bool known = scheme != schemes.end();
  std::string form(rest);
  if (!parses(form, purpose)) {
    const std::string_view port = known && !scheme->port.empty() ? scheme->port : "PORT";
    form = rest.empty() || !parses(form + ":1", purpose) ? "HOST:PORT"
                                                         : fmt::format("{}:{}", rest, port);
  }
  std::string tls;
  if (known && scheme->tls) {
    tls = fmt::format("; for TLS use openssl s_client -connect {}", display_start(form));
  }
  return fmt::format("'{}' is a URL; write {}{}", display_start(word), display_start(form), tls);
}

/// "HOST:PORT/...": the address before the slash; empty for any other word.
std::string_view before_slash(std::string_view word, Purpose purpose) {
  const std::string_view head = word.substr(0, word.find('/'));
  if (head.size() == word.size() || head.find(':') == head.npos) return {};
  return !head.starts_with("unix:") && parses(head, purpose) ? head : std::string_view();
}

/// Takes a word off the front of `rest` if that begins so, in whatever case.
bool take(std::string_view& rest, std::string_view prefix) {
  if (lower(rest.substr(0, prefix.size())) != prefix) return false;
  rest.remove_prefix(prefix.size());
  return true;
}

std::optional<std::string> answer_socat(std::string_view word, Purpose purpose) {
  std::string_view rest = word;
  const auto is = [&](std::initializer_list<std::string_view> names) {
    return std::any_of(names.begin(), names.end(),
                       [&](std::string_view name) { return take(rest, name); });
  };
  const auto write = [&](const std::string& form) {
    return fmt::format("'{}' is socat's; write {}", display_start(word), form);
  };
  if (is({"tcp-listen:", "tcp-l:", "tcp4-listen:", "tcp4-l:", "tcp6-listen:", "tcp6-l:"})) {
    const std::string_view port = rest.substr(0, rest.find(','));
    const std::string options = lower(rest.substr(port.size()));
    const char family = word[3];
    return write(fmt::format("tcpkit listen {}{}{}",
                             options.find(",fork") != options.npos ? "-k " : "",
                             family == '4'   ? "-4 "
                             : family == '6' ? "-6 "
                                             : "",
                             parses(port, Purpose::listening) ? port : "PORT"));
  }
  if (is({"unix-listen:", "unix-l:"})) {
    return write(
        fmt::format("tcpkit listen unix:{}", display_start(rest.substr(0, rest.find(',')))));
  }
  if (is({"unix-connect:", "unix-client:"})) {
    return write(
        fmt::format("tcpkit connect unix:{}", display_start(rest.substr(0, rest.find(',')))));
  }
  if (is({"abstract-listen:", "abstract-connect:", "abstract-client:"})) {
    return write(fmt::format("unix:@{}", display_start(rest.substr(0, rest.find(',')))));
  }
  if (is({"openssl:", "openssl-connect:", "ssl:"}) && rest.find(':') != rest.npos) {
    return fmt::format("'{}' is socat's; for TLS use openssl s_client -connect {}",
                       display_start(word), display_start(rest.substr(0, rest.find(','))));
  }
  // "tcp:80" is a host of that name, and its port.
  if (is({"tcp:", "tcp4:", "tcp6:", "tcp-connect:", "tcp4-connect:", "tcp6-connect:"})) {
    const std::string_view address = rest.substr(0, rest.find(','));
    const bool complete = address.find(':') != address.npos && parses(address, purpose);
    if (complete) return write(std::string(address));
  }
  return {};
}

}  // namespace

std::optional<std::string> answer_foreign_address(std::string_view word, Purpose purpose) {
  static constexpr std::size_t longest = 512;  // socat's words may stand in one another
  if (word.size() > longest) return {};
  // A path that begins as one is one, whatever it holds.
  if (word.starts_with('/') || word.starts_with('.')) return {};
  if (const std::size_t scheme = scheme_size(word)) return answer_url(word, scheme, purpose);
  if (const auto address = before_slash(word, purpose); !address.empty()) {
    return fmt::format("'{0}' has a '/' after the port; write {1}, or unix:{0} for a Unix socket",
                       display_start(word), address);
  }
  return answer_socat(word, purpose);
}

}  // namespace tcpkit
