#include "cmd/run/server_command.h"

#include <fmt/core.h>

#include "base/duration.h"
#include "base/escape.h"
#include "cmd/cli/declare.h"
#include "cmd/cli/usage_error.h"
#include "cmd/options/endpoint.h"
#include "cmd/run/inherited.h"

namespace tcpkit::cmd {

void check_family(const Endpoint& address, const SocketGroup& socket, const ServerGroup& server) {
  const int literal = is_ip(address.host);
  if (literal != 0 && socket.family() != 0 && literal != socket.family()) {
    throw UsageError(fmt::format("{} is an IPv{} address, and IPv{} was asked for; leave one out",
                                 address.host, literal, socket.family()));
  }
  if (literal == 4 && server.listen.ipv6_only) {
    throw UsageError(
        fmt::format("--ipv6-only: {} is an IPv4 address; leave one out", address.host));
  }
}

void ServerCommand::declare(OptionSet& set) {
  set_ = &set;
  trace_.declare(set);
  socket_.declare(set);
  server_.declare(set, one_shot_);
  Group(set, "Server").integer("--fd", fd_, 0, 1 << 20, "Take this listening socket");
  time_.declare(set);
  if (scripted_) steps_.declare(set);
}

void ServerCommand::accept(const std::vector<std::string>& arguments) {
  trace_.check();
  if (one_shot_) check_is_no_standard_one(fd_);
  if (arguments.empty()) inherited_ = inherited_descriptor(fd_);
  if (inherited_) {
    check_listening(*inherited_);
    refuse_on_inherited(*set_, {"-4", "-6", "--backlog", "--ipv6-only", "--reuse-port",
                                "--no-reuse-addr", "--unix-mode", "--unix-unlink"});
  } else {
    if (fd_) throw UsageError("--fd takes the place of the address; leave one out");
    address_ = read_endpoint(arguments, Purpose::listening, name_);
  }
  const bool is_unix = inherited_ ? is_unix_socket(*inherited_) : address_.is_unix();
  trace_.check_kind(is_unix);
  socket_.check(is_unix);
  server_.check(is_unix, socket_, one_shot_);
  time_.check(socket_.options, is_unix);
  if (scripted_) steps_.check(true, is_unix, trace_.layers);
  check_family(address_, socket_, server_);
  const bool path_option = server_.listen.unix_mode || server_.listen.unix_unlink;
  if (address_.kind == Endpoint::Kind::unix_abstract && path_option) {
    throw UsageError(
        "--unix-mode and --unix-unlink are for paths, which an abstract name is not; leave them "
        "out");
  }
}

Server::Options ServerCommand::make_server_options() const {
  return Server::make_options(address_, inherited_, socket_, server_);
}

void ServerCommand::fail_idle(Session& session) const {
  if (time_.action == net::Socket::TimeoutAction::none) return;
  session.fail(Exit::timed_out,
               fmt::format("no data in either direction for {}", format_duration(time_.idle)));
}

}  // namespace tcpkit::cmd
