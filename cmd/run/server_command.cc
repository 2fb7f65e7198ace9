#include "cmd/run/server_command.h"

#include <fmt/core.h>

#include "base/escape.h"
#include "cmd/cli/refuse.h"
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
  declare_fd(set, "Server", fd_, "Use this listening socket");
  time_.declare(set);
  if (scripted_) steps_.declare(set);
}

void ServerCommand::accept(const std::vector<std::string>& arguments) {
  trace_.check();
  accept_address(arguments);
  check_options(listens_on_unix());
}

void ServerCommand::accept_address(const std::vector<std::string>& arguments) {
  if (one_shot_) check_is_no_standard_one(fd_);
  if (arguments.empty()) inherited_ = inherited_descriptor(fd_);
  if (inherited_) {
    check_listening(*inherited_);
    refuse(*set_, Trait::before_listen, too_late);
  } else {
    if (fd_) throw UsageError("--fd takes the place of the address; leave one out");
    address_ = read_endpoint(arguments, Purpose::listening, name_);
  }
}

bool ServerCommand::listens_on_unix() const {
  return inherited_ ? is_unix_socket(*inherited_) : address_.is_unix();
}

void ServerCommand::check_options(bool is_unix, std::optional<bool> target_is_unix) {
  const bool all_unix = is_unix && target_is_unix.value_or(true);
  trace_.check_kind(all_unix);
  socket_.check(all_unix);
  server_.check(is_unix, socket_, one_shot_);
  time_.check(socket_.options, is_unix || target_is_unix.value_or(false));
  if (scripted_) steps_.check(true, is_unix, trace_.layers);
  check_family(address_, socket_, server_);
  if (address_.kind == Endpoint::Kind::unix_abstract) {
    refuse(*set_, Trait::unix_only,
           "it is for a path, which an abstract name is not; leave it out");
  }
}

bool ServerCommand::may_inherit() const {
  return inherited_descriptor(fd_).has_value();
}

Server::Options ServerCommand::make_server_options() const {
  return Server::make_options(address_, inherited_, socket_, server_);
}

}  // namespace tcpkit::cmd
