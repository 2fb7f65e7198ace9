#include "cmd/run/server.h"

#include <fmt/core.h>

#include <utility>

#include "base/duration.h"
#include "base/escape.h"
#include "cmd/run/describe.h"
#include "cmd/run/port_file.h"

namespace tcpkit::cmd {
namespace {

/// For the clients of a one-shot server that were reset before they were accepted.
flow::Hooks early_reset_hooks(Session& session) {
  flow::Hooks hooks;
  hooks.failed = [&session](net::Socket&, const Error&) {
    session.complain_of_client(
        "a client reset its connection before it was accepted; still listening");
  };
  return hooks;
}

}  // namespace

Server::Options Server::make_options(const Endpoint& address, std::optional<int> fd,
                                     const SocketGroup& socket, const ServerGroup& server) {
  Options options{address,          fd, socket.family(),     server.listen, socket.options,
                  server.port_file, {}, server.allow.given()};
  if (socket.block.has_files() || server.allow.has_files()) {
    options.reread_rules = [&](std::string& why) {
      return reread_peer_rules(socket.block, server.allow, why);
    };
  }
  return options;
}

Server::Server(Session& session, Options options, std::function<net::SocketHandler&()> serve,
               std::function<void(net::Socket&)> accepted)
    : session_(session),
      options_(std::move(options)),
      serve_(std::move(serve)),
      gone_(early_reset_hooks(session)),
      accepted_(std::move(accepted)),
      listener_(std::make_unique<net::Listener>(session.engine(), *this, options_.listen,
                                                options_.socket)) {
  if (options_.reread_rules) session.on_hangup = [this] { reread_rules(); };
}

void Server::open() {
  const Endpoint& a = options_.address;
  if (options_.fd) return listener_->adopt(*options_.fd);
  if (a.is_unix()) {
    return listener_->listen(*Address::from_path(a.path, a.kind == Endpoint::Kind::unix_abstract));
  }
  if (a.host.empty()) {
    if (options_.family == 0) return listener_->listen_any(a.port);
    return listener_->listen(*Address::from_ip(options_.family == 4 ? "0.0.0.0" : "::", a.port));
  }
  if (const auto literal = Address::from_ip(a.host, a.port)) return listener_->listen(*literal);
  resolver_ = dns::make_local_answers(session_.loop(), {}, a.port,
                                      dns::make_ares_resolver(session_.loop(), {}));
  query_ = resolver_->resolve(a.host, options_.family,
                              [this](dns::Result result) { on_lookup(std::move(result)); });
}

void Server::on_lookup(dns::Result result) {
  query_.reset();
  if (session_.stopping()) return;
  if (result.error) {
    const Endpoint& a = options_.address;
    return listener_->fail_lookup(a.host, a.port, std::move(*result.error));
  }
  const Address first = result.addresses.front().with_port(options_.address.port);
  if (session_.verbose()) {
    session_.say(fmt::format("{} is {}", options_.address.host, first.host()));
  }
  listener_->listen(first);
}

void Server::on_listening(net::Listener& listener) {
  const Address& address = listener.address();
  warn_if_open(options_.listen.rules.get());
  if (!options_.port_file.empty() && !write_port_file(address)) return;
  // Without it nobody could know the port that the system chose.
  const bool unknown_port = !options_.fd && !address.is_unix() && options_.address.port == 0 &&
                            options_.port_file.empty() && !session_.traced();
  if (session_.verbose() || unknown_port) {
    session_.say("listening on " + display(address.to_string()));
  }
}

bool Server::write_port_file(const Address& address) {
  const std::string content = address.is_unix() ? address.host() : std::to_string(address.port());
  const int err = cmd::write_port_file(options_.port_file, content + "\n");
  if (err == 0) return true;
  session_.fail(Exit::failure,
                fmt::format("cannot write {}: {}", display(options_.port_file), errno_text(err)));
  session_.stop();
  return false;
}

void Server::reread_rules() {
  std::string why;
  const auto rules = options_.reread_rules(why);
  if (!rules) return session_.say("the old rules stay: " + why);
  session_.say(fmt::format("read the rules again: {} block, {} allow",
                           rules->block().rules().size(), rules->allow().rules().size()));
  warn_if_open(rules.get());
  if (listener_) listener_->set_rules(rules);
}

/// An empty allow list may be what was meant, or a file that somebody is still writing.
void Server::warn_if_open(const PeerRules* rules) {
  if (!options_.has_allow_list || !rules->allow().empty()) return;
  session_.say("the allow list is empty: it rejects nobody");
}

net::SocketHandler& Server::on_accept(net::Listener& listener, const record::Ends& /*ends*/) {
  if (options_.one_shot && listener.client_is_gone()) return gone_;
  return serve_();
}

void Server::on_connection(net::Listener& listener, net::Socket& socket) {
  if (options_.one_shot && listener.client_is_gone()) return;
  if (options_.one_shot) listener.close();  // a second client is refused
  if (session_.verbose()) session_.say("connection from " + peer_of(socket));
  accepted_(socket);
}

void Server::on_accept_timeout(net::Listener& /*listener*/) {
  session_.fail(Exit::timed_out, fmt::format("no client within {}",
                                             format_duration(options_.listen.accept_timeout)));
}

void Server::on_error(net::Listener& listener, const Error& error) {
  if (error.syscall == "accept") {
    return session_.complain(
        fmt::format("cannot accept: {} ({}); clients wait until a connection "
                    "ends",
                    errno_text(-*error.errno_value), error.code));
  }
  const bool lookup = error.syscall == "getaddrinfo";
  session_.fail(exit_of(error), lookup
                                    ? describe_unconnected(options_.address.host, error)
                                    : describe_unlistening(listener.address().to_string(), error));
}

void Server::on_close(net::Listener& /*listener*/) {
  query_.reset();  // closed before its name was found
}

}  // namespace tcpkit::cmd
