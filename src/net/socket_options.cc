#include "net/socket_options.h"

#include <sys/socket.h>

#include <cerrno>

namespace tcpkit::net {
namespace {

using Kind = SocketOption::Kind;
using Record = SocketOption::Record;

int set_number(int fd, const SocketOption& option, const OptionName& name, int value) {
  if (option.kind == Kind::linger) {
    const linger seconds{1, value};
    return ::setsockopt(fd, name.level, name.option, &seconds, sizeof seconds);
  }
  return ::setsockopt(fd, name.level, name.option, &value, sizeof value);
}

int set_text(int fd, const OptionName& name, const std::string& value) {
  return ::setsockopt(fd, name.level, name.option, value.data(),
                      static_cast<socklen_t>(value.size()));
}

/// True if its own record, and none of setsockopt, shows the option.
bool has_own_record(const SocketOption& option, const SocketOptions& among) {
  if (option.record == Record::keep_alive) return among.has("SO_KEEPALIVE");
  return option.record != Record::setsockopt;
}

}  // namespace

std::optional<OptionError> apply_options(int fd, int family, const SocketOptions& options,
                                         SocketOption::Stage stage, const OptionReport& report) {
  for (const auto& [option, value] : options.entries()) {
    if (option->stage != stage) continue;
    const auto* number = std::get_if<int>(&value);
    const auto* text = std::get_if<std::string>(&value);
    for (const OptionName* name : {&option->set, &option->ipv6}) {
      if (name == &option->ipv6 && (family != 6 || name->symbol.empty())) continue;
      const int result =
          text != nullptr ? set_text(fd, *name, *text) : set_number(fd, *option, *name, *number);
      if (result != 0) return OptionError{name->symbol, errno};
      if (report && !has_own_record(*option, options))
        report(name->symbol, text != nullptr ? *text : std::to_string(*number));
    }
  }
  return {};
}

std::optional<record::call::SetNoDelay> no_delay_record(const SocketOptions& options) {
  const auto on = options.number("TCP_NODELAY");
  if (!on) return {};
  return record::call::SetNoDelay{*on != 0};
}

std::optional<record::call::SetKeepAlive> keep_alive_record(const SocketOptions& options) {
  const auto on = options.number("SO_KEEPALIVE");
  if (!on) return {};
  return record::call::SetKeepAlive{options.number("TCP_KEEPIDLE"), options.number("TCP_KEEPINTVL"),
                                    options.number("TCP_KEEPCNT"), *on != 0};
}

}  // namespace tcpkit::net
