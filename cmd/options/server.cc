#include "cmd/options/server.h"

#include <fmt/core.h>

#include <limits>

#include "base/escape.h"
#include "cmd/cli/declare.h"
#include "cmd/cli/refuse.h"
#include "cmd/cli/usage_error.h"

namespace tcpkit::cmd {
namespace {

std::optional<unsigned> parse_mode(const std::string& text, std::string& why) {
  static constexpr std::size_t most_digits = 4;
  if (!text.empty() && text.size() <= most_digits &&
      text.find_first_not_of("01234567") == std::string::npos) {
    const auto mode = static_cast<unsigned>(std::stoul(text, nullptr, 8));
    if (mode <= 0777) return mode;
  }
  why = fmt::format("'{}' is not a mode; write three octal digits, e.g. 600", display(text));
  return {};
}

}  // namespace

void ServerGroup::declare(OptionSet& set, bool one_shot) {
  set_ = &set;
  static constexpr int most = std::numeric_limits<int>::max();
  Group g(set, "Server");
  if (one_shot) g.flag("-k,--keep-open", keep_open, "Serve many clients at the same time");
  g.integer("--backlog", backlog_, 0, most, "Limit the finished handshakes that wait (511)")
      .with({Trait::before_listen});
  g.integer("--max-connections", max_connections_, 0, most, "Drop clients beyond N connections")
      .with({Trait::needs_many});
  g.flag("--ipv6-only", listen.ipv6_only, "Accept no IPv4 clients on an IPv6 address")
      .with({Trait::tcp_only, Trait::before_listen});
  g.flag("--reuse-port", listen.reuse_port, "Share the port with other servers (SO_REUSEPORT)")
      .with({Trait::tcp_only, Trait::before_listen});
  g.flag("--no-reuse-addr", no_reuse_address_,
         "Refuse a port that has connections in TIME_WAIT (no SO_REUSEADDR)")
      .with({Trait::tcp_only, Trait::before_listen});
  g.flag("--pause-on-connect", pause_on_connect, "Accept without reading")
      .with({Trait::leaves_unread});
  g.value("--unix-mode", "MODE", listen.unix_mode, parse_mode, "Set the permissions of the path")
      .with({Trait::unix_only, Trait::before_listen});
  g.flag("--unix-unlink", listen.unix_unlink, "Take over a path on which nothing is listening")
      .with({Trait::unix_only, Trait::before_listen});
  g.string("--port-file", "FILE", port_file, "Write the port (or path) to FILE when listening")
      .with({Trait::of_program});
  allow.declare(set, "Server", "Admit only clients that such rules match; a block wins; repeatable",
                "The same for each rule of FILE, one per line; repeatable", {Trait::tcp_only});
  g.duration("--accept-timeout", listen.accept_timeout, "Limit the wait for the first client");
}

void ServerGroup::check(bool is_unix, SocketGroup& socket, bool one_shot) {
  if (!is_unix) refuse(*set_, Trait::unix_only, "it is for Unix sockets; write e.g. unix:/tmp/s");
  if (const std::string option = set_->first_given(Trait::needs_many);
      one_shot && !keep_open && !option.empty()) {
    throw UsageError(option + " needs a server for many; add -k");
  }
  if (socket.ipv4 && listen.ipv6_only) {
    throw UsageError("-4 and --ipv6-only cannot be combined; leave one out");
  }
  if (socket.ipv6) listen.ipv6_only = true;
  listen.reuse_address = !no_reuse_address_;
  if (backlog_) listen.backlog = *backlog_;
  if (max_connections_) listen.max_connections = static_cast<std::size_t>(*max_connections_);
  socket.options.paused = pause_on_connect;
  listen.rules = read_peer_rules(socket.block, &allow);
}

}  // namespace tcpkit::cmd
