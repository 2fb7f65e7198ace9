#include <fmt/core.h>

#include "base/escape.h"
#include "cmd/cli/command.h"
#include "cmd/cli/declare.h"
#include "cmd/cli/refuse.h"
#include "cmd/cli/usage_error.h"
#include "cmd/options/client.h"
#include "cmd/options/dump.h"
#include "cmd/options/endpoint.h"
#include "cmd/options/exec.h"
#include "cmd/run/child_server.h"
#include "cmd/run/client.h"
#include "cmd/run/describe.h"
#include "cmd/run/relay_stdio.h"
#include "cmd/run/roster.h"
#include "cmd/run/server.h"
#include "cmd/run/server_command.h"
#include "flow/relay.h"

namespace tcpkit::cmd {
namespace {

/// The options of `relay`, parsed: a server's for the clients, a client's for the target.
class RelayOptions : public ServerCommand {
 public:
  RelayOptions() : ServerCommand("relay", false, false) {}
  void declare(OptionSet& set) override;
  void accept(const std::vector<std::string>& arguments) override;
  int run() override;

  /// Of the clients' connections, and of those to the target.
  [[nodiscard]] Server::Options server_options() const;
  [[nodiscard]] net::Socket::Options socket_options() const;
  [[nodiscard]] const Endpoint& target() const { return target_; }
  [[nodiscard]] const ClientGroup& client() const { return client_; }
  [[nodiscard]] std::chrono::milliseconds drain() const { return drain_; }

 private:
  /// In place of one of the addresses.
  enum class Stdio { no, clients, target };

  void accept_stdin();
  void accept_stdout();
  void accept_target(const std::string& word);

  ClientGroup client_;
  ExecGroup exec_;
  DumpGroup dump_;
  Endpoint target_;
  Stdio stdio_ = Stdio::no;
  std::chrono::milliseconds drain_{10000};
};

void RelayOptions::declare(OptionSet& set) {
  ServerCommand::declare(set);
  client_.declare(set);
  client_.declare_limit(set);
  exec_.declare(set);
  dump_.declare(set);
  Group(set, "Server")
      .duration("--drain", drain_, "Let connections go on this long after SIGTERM (10s)")
      .with({Trait::needs_many});
}

void RelayOptions::accept(const std::vector<std::string>& arguments) {
  exec_.check();
  dump_.check(trace().file);
  if (exec_.given()) {
    if (arguments.size() > 1) {
      throw UsageError(fmt::format("'{}': {} takes the place of the target; leave one out",
                                   display(arguments.back()), exec_.option()));
    }
    refuse_group(options(), "Client", "there is no target to connect to");
    return ServerCommand::accept(arguments);
  }
  static constexpr std::size_t most = 2;
  if (arguments.empty() || arguments.size() > most) {
    throw UsageError(arguments.empty()
                         ? "the addresses are missing; write e.g. tcpkit relay 5000 localhost:80"
                         : fmt::format("unexpected '{}'; write LISTEN TARGET, each in one word, "
                                       "e.g. tcpkit relay 5000 localhost:80",
                                       display(arguments[most])));
  }
  const std::vector<std::string> listen(arguments.begin(), arguments.end() - 1);
  if (listen.empty() && !may_inherit()) {
    throw UsageError(fmt::format("the target is missing; write e.g. tcpkit relay {} localhost:80",
                                 display(arguments.front())));
  }
  trace().check();
  if (arguments.back() == "-") stdio_ = Stdio::target;
  if (!listen.empty() && listen.front() == "-") {
    if (stdio_ == Stdio::target) {
      throw UsageError("'-' stands for stdin and stdout, and cannot be both ends");
    }
    stdio_ = Stdio::clients;
  }
  if (stdio_ != Stdio::clients) accept_address(listen);
  if (stdio_ == Stdio::target) return accept_stdout();
  accept_target(arguments.back());
  if (stdio_ == Stdio::clients) return accept_stdin();
  static constexpr const char* why = "a Unix socket has no such option";
  if (target_.is_unix()) refuse_in_group(options(), "Client", Trait::tcp_only, why);
  if (listens_on_unix()) {
    refuse_in_group(options(), "Server", Trait::tcp_only, why);
    refuse(options(), Trait::about_rules, "the rules are about TCP clients; leave it out");
  }
  check_options(listens_on_unix(), target_.is_unix());
  client_.check(target_, socket());
  client_.dial.rules.reset();  // they are about the clients
}

void RelayOptions::accept_target(const std::string& word) {
  target_ = read_endpoint({word}, Purpose::connecting, "relay");
  if (target_.host.empty()) target_.host = "localhost";
}

/// stdin and stdout are the only client.
void RelayOptions::accept_stdin() {
  refuse_group(options(), "Server", "it is for clients, and '-' takes their place");
  check_options(target_.is_unix());
  client_.check(target_, socket());
}

/// The first client gets stdin and stdout in place of a connection to a target.
void RelayOptions::accept_stdout() {
  static constexpr const char* why = "it is for a connection to a target, and '-' takes its place";
  refuse_group(options(), "Client", why);
  if (options().has("--connect-timeout")) {
    throw UsageError(fmt::format("--connect-timeout: {}; leave it out", why));
  }
  refuse(options(), Trait::needs_many, "it needs many clients, and '-' serves one; leave it out");
  check_options(listens_on_unix());
}

Server::Options RelayOptions::server_options() const {
  Server::Options options = make_server_options();
  options.socket.allow_half_open = true;  // the relay carries the FIN over
  if (listens_on_unix()) options.socket.socket.drop_tcp_only();
  return options;
}

net::Socket::Options RelayOptions::socket_options() const {
  net::Socket::Options options = socket().options;
  options.allow_half_open = true;
  options.paused = false;  // --pause-on-connect is about the clients
  if (target_.is_unix()) options.socket.drop_tcp_only();
  return options;
}

class RelayRun;

/// One client with its connection to the target. Owned by the run until both are gone.
class RelayedClient : public ClientOwner {
 public:
  RelayedClient(RelayRun& run, Session& session, const RelayOptions& options, unsigned number);

  net::SocketHandler& handler() { return relay_.near(); }
  void begin(net::Socket& socket);
  /// The program ends: no connection is made any more.
  void stop();
  [[nodiscard]] bool over() const { return over_; }

  net::SocketHandler& begin_try() override;
  void on_unreached(Exit status, const std::string& text) override;

 private:
  flow::Hooks hooks();
  void on_closed(const net::Socket& socket);

  RelayRun& run_;
  Session& session_;
  unsigned number_;
  bool over_ = false;
  flow::Relay relay_;
  Client client_;
};

/// Accepts clients and connects each of them with the target. Lives on the session's loop, and is
/// gone before the session.
class RelayRun {
 public:
  RelayRun(Session& session, const RelayOptions& options);
  /// The exit status.
  int run();
  /// A client is gone.
  void forget_later() { clients_.remove_later(); }

 private:
  net::SocketHandler& serve();

  Session& session_;
  const RelayOptions& options_;
  unsigned pairs_ = 0;
  Roster<RelayedClient> clients_;
  Server server_;
};

RelayedClient::RelayedClient(RelayRun& run, Session& session, const RelayOptions& options,
                             unsigned number)
    : run_(run),
      session_(session),
      number_(number),
      relay_(session.engine(), hooks()),
      client_(session, *this, options.target(), options.client(), options.socket_options()) {
  session.engine().tracer().join(session.engine().upcoming_connection(), number_);
}

flow::Hooks RelayedClient::hooks() {
  flow::Hooks hooks;
  hooks.connected = [this](net::Socket& s) {
    client_.connected();
    if (session_.verbose()) session_.say("connected to " + peer_of(s));
  };
  hooks.failed = [this](net::Socket& s, const Error& e) {
    if (s.is_client() && client_.failed(s, e)) return;
    session_.complain_of_client(describe_lost(s, e));
  };
  hooks.closed = [this](net::Socket& s, bool) { on_closed(s); };
  return hooks;
}

void RelayedClient::begin(net::Socket& socket) {
  relay_.near().attach(socket);
  client_.open();
}

net::SocketHandler& RelayedClient::begin_try() {
  session_.engine().tracer().join(session_.engine().upcoming_connection(), number_);
  return relay_.far();
}

void RelayedClient::on_unreached(Exit /*status*/, const std::string& text) {
  session_.complain_of_client(text);
}

void RelayedClient::stop() {
  if (!client_.connecting()) return;
  client_.abandon();
  relay_.near().abort();
}

void RelayedClient::on_closed(const net::Socket& socket) {
  if (socket.is_client()) {
    client_.closed();
    // As a refused client would see it, if it had come to the target itself.
    if (!socket.was_connected() && !client_.connecting()) relay_.near().abort();
  } else {
    client_.abandon();
  }
  if (!relay_.over() || client_.connecting()) return;
  over_ = true;
  run_.forget_later();
}

RelayRun::RelayRun(Session& session, const RelayOptions& options)
    : session_(session),
      options_(options),
      clients_(session.loop()),
      server_(
          session, options.server_options(), [this]() -> net::SocketHandler& { return serve(); },
          [this](net::Socket& socket) { clients_.last().begin(socket); }) {
  session.let_go_on(options.drain());
  session.on_stop = [this] {
    for (RelayedClient& client : clients_)
      client.stop();
  };
}

net::SocketHandler& RelayRun::serve() {
  return clients_.add(*this, session_, options_, ++pairs_).handler();
}

int RelayRun::run() {
  if (const std::string text = options_.client().warning(); !text.empty()) session_.say(text);
  server_.open();
  return session_.run();
}

int RelayOptions::run() {
  const bool payload = stdio_ != Stdio::no;
  Session session(name(), trace(), payload, socket().read_buffer, time().deadline);
  session.dump(dump_);
  if (exec_.given()) {
    session.let_go_on(drain_);
    return ChildServer(session, make_server_options(), exec_.words(), {}).run();
  }
  switch (stdio_) {
    case Stdio::no:
      break;
    case Stdio::clients:
      return connect_stdio(session, target_, client_, socket().options);
    case Stdio::target:
      return serve_stdio(session, make_server_options());
  }
  return RelayRun(session, *this).run();
}

}  // namespace

std::unique_ptr<Program> make_relay() {
  return std::make_unique<RelayOptions>();
}

}  // namespace tcpkit::cmd
