#include "cmd/run/describe.h"

#include <fmt/core.h>

#include "base/advice.h"
#include "base/escape.h"

namespace tcpkit::cmd {
namespace {

/// "refused (ECONNREFUSED): nothing is listening there; ..."
std::string reason(const Error& error) {
  const std::string_view advice = error_advice(error);
  std::string what(error_word(error.code));
  if (advice.empty() || error.syscall == "setsockopt" || what == error.code) {
    what = error.errno_value ? errno_text(-*error.errno_value) : error.message;
  }
  return fmt::format("{} ({}){}{}", what, error.code, advice.empty() ? "" : ": ", advice);
}

/// "bind 127.0.0.1:5000": which call it was about which address.
std::string call_of(const Error& error) {
  const bool v6 = error.address.find(':') != std::string::npos;
  std::string text = fmt::format("{} {}", error.syscall, display(error.address));
  if (error.port.value_or(0) <= 0) return text;
  return v6 ? fmt::format("{} [{}]:{}", error.syscall, display(error.address), *error.port)
            : fmt::format("{}:{}", text, *error.port);
}

}  // namespace

std::string describe_unconnected(const std::string& target, const Error& error) {
  if (error.syscall == "getaddrinfo") {
    return fmt::format("cannot look up {}: {}", display(error.hostname), reason(error));
  }
  if (error.errors.empty()) {
    const std::string what = error.syscall == "connect" || error.syscall.empty()
                                 ? std::string()
                                 : fmt::format(" ({})", call_of(error));
    return fmt::format("cannot connect to {}{}: {}", display(target), what, reason(error));
  }
  std::string attempts;
  for (const Error& one : error.errors) {
    const bool connecting = one.syscall.empty() || one.syscall == "connect";
    attempts += fmt::format("{}{} {}", attempts.empty() ? "" : ", ",
                            connecting ? one.address : call_of(one), error_word(one.code));
  }
  return fmt::format("cannot connect to {}: {}", display(target), attempts);
}

std::string describe_failures(const std::string& target, const std::vector<Error>& failures,
                              const std::optional<Error>& before) {
  if (failures.empty()) return before ? describe_unconnected(target, *before) : std::string();
  if (failures.size() == 1) return describe_unconnected(target, failures.front());
  Error all;
  all.errors = failures;
  return describe_unconnected(target, all);
}

std::string peer_of(const net::Socket& socket) {
  const auto& remote = socket.ends().remote;
  if (!remote) return "the peer";
  const std::string text = remote->to_plain_string();
  return text.empty() ? "the peer" : display(text);
}

std::string describe_lost(const net::Socket& socket, const Error& error) {
  const bool option = error.syscall == "setsockopt";
  return fmt::format("connection to {} lost after {} bytes received, {} sent{}: {}",
                     peer_of(socket), socket.bytes_read(),
                     socket.bytes_written() - socket.writable_length(),
                     option ? fmt::format(" ({})", call_of(error)) : "", reason(error));
}

std::string describe_unlistening(const std::string& address, const Error& error) {
  return fmt::format("cannot listen on {}: {}", display(address), reason(error));
}

}  // namespace tcpkit::cmd
