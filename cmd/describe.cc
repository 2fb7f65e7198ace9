#include "cmd/describe.h"

#include <fmt/core.h>

#include "base/advice.h"
#include "base/escape.h"

namespace tcpkit::cmd {
namespace {

/// "refused (ECONNREFUSED): nothing listens there; ..."
std::string reason(const Error& error) {
  const std::string_view advice = error_advice(error);
  std::string what(error_word(error.code));
  if (advice.empty() || error.syscall == "setsockopt" || what == error.code) {
    what = error.errno_value ? errno_text(-*error.errno_value) : error.message;
  }
  return fmt::format("{} ({}){}{}", what, error.code, advice.empty() ? "" : ": ", advice);
}

}  // namespace

std::string describe_unconnected(const std::string& target, const Error& error) {
  if (error.syscall == "getaddrinfo") {
    return fmt::format("cannot look up {}: {}", display(error.hostname), reason(error));
  }
  if (error.errors.empty()) {
    const std::string what = error.syscall == "connect" || error.syscall.empty()
                                 ? std::string()
                                 : fmt::format(" ({} {})", error.syscall, display(error.address));
    return fmt::format("cannot connect to {}{}: {}", display(target), what, reason(error));
  }
  std::string attempts;
  for (const Error& one : error.errors) {
    attempts +=
        fmt::format("{}{}{} {}", attempts.empty() ? "" : ", ",
                    one.syscall.empty() || one.syscall == "connect" ? "" : one.syscall + " ",
                    one.address, error_word(one.code));
  }
  return fmt::format("cannot connect to {}: {}", display(target), attempts);
}

std::string peer_of(const net::Socket& socket) {
  const auto& remote = socket.ends().remote;
  if (!remote) return "the peer";
  const std::string text = remote->to_plain_string();
  return text.empty() ? "the peer" : display(text);
}

std::string describe_lost(const net::Socket& socket, const Error& error) {
  return fmt::format("connection to {} lost after {} bytes received, {} sent: {}", peer_of(socket),
                     socket.bytes_read(), socket.bytes_written() - socket.writable_length(),
                     reason(error));
}

std::string describe_unlistening(const std::string& address, const Error& error) {
  return fmt::format("cannot listen on {}: {}", display(address), reason(error));
}

}  // namespace tcpkit::cmd
