#include "cmd/run/relay_stdio.h"

#include <fmt/core.h>

#include <utility>

#include "base/duration.h"
#include "cmd/run/client.h"
#include "cmd/run/describe.h"
#include "flow/duplex.h"

namespace tcpkit::cmd {
namespace {

using TimeoutAction = net::Socket::TimeoutAction;

flow::Duplex::Options duplex_options(const net::Socket::Options& socket, bool server) {
  flow::Duplex::Options options;
  options.server = server;
  if (socket.allow_half_open) options.data.half_open = flow::HalfOpen::always;
  return options;
}

/// What both directions report in the same way. `socket`: for its time limit.
flow::Hooks common_hooks(Session& session, const net::Socket::Options& socket) {
  flow::Hooks hooks;
  hooks.failed = [&session](net::Socket& s, const Error& e) {
    session.fail(exit_of(e), describe_lost(s, e));
  };
  hooks.timed_out = [&session, limit = socket.timeout, action = socket.timeout_action](
                        net::Socket&, record::ev::TimeoutKind kind) {
    if (kind != record::ev::TimeoutKind::idle || action == TimeoutAction::none) return;
    session.fail(Exit::timed_out,
                 fmt::format("no data in either direction for {}", format_duration(limit)));
  };
  hooks.notice = [&session](const std::string& text) { session.say(text); };
  hooks.input_failed = [&session](const std::string& text) { session.fail_late(text); };
  hooks.undelivered = [&session](const std::string& text) { session.fail(Exit::timed_out, text); };
  hooks.output_failed = [&session](int err) { session.output_failed(err); };
  return hooks;
}

/// The duplex answers the peer's FIN.
net::Socket::Options half_open(net::Socket::Options options) {
  options.allow_half_open = true;
  return options;
}

/// stdin and stdout with a connection to the target. Lives on the session's loop, and is gone
/// before the session.
class ClientRun : public ClientOwner {
 public:
  ClientRun(Session& session, const Endpoint& target, const ClientGroup& client,
            const net::Socket::Options& socket)
      : session_(session),
        socket_(socket),
        client_(session, *this, target, client, half_open(socket)) {
    session_.on_stop = [this] {
      client_.stop();
      duplex_->drain();
    };
    session_.on_abandon = [this] { duplex_->discard_output(); };
    session_.last_failure = [this] { return client_.last_failure(); };
  }

  int run() {
    client_.open();
    return session_.run();
  }

  net::SocketHandler& begin_try() override {
    flow::Hooks hooks = common_hooks(session_, socket_);
    hooks.connected = [this](net::Socket& s) {
      client_.connected();
      if (session_.verbose()) session_.say("connected to " + peer_of(s));
    };
    hooks.failed = [this, lost = std::move(hooks.failed)](net::Socket& s, const Error& e) {
      if (!client_.failed(s, e)) lost(s, e);
    };
    hooks.done = [this] { client_.closed(); };
    duplex_ = std::make_unique<flow::Duplex>(session_.engine(), duplex_options(socket_, false),
                                             std::move(hooks));
    return *duplex_;
  }
  void on_unreached(Exit status, const std::string& text) override { session_.fail(status, text); }

 private:
  Session& session_;
  net::Socket::Options socket_;
  Client client_;
  std::unique_ptr<flow::Duplex> duplex_;
};

}  // namespace

int connect_stdio(Session& session, const Endpoint& target, const ClientGroup& client,
                  const net::Socket::Options& socket) {
  if (const std::string text = client.warning(); !text.empty()) session.say(text);
  return ClientRun(session, target, client, socket).run();
}

int serve_stdio(Session& session, Server::Options options) {
  flow::Duplex duplex(session.engine(), duplex_options(options.socket, true),
                      common_hooks(session, options.socket));
  options.socket = half_open(options.socket);
  options.one_shot = true;
  Server server(
      session, std::move(options), [&]() -> net::SocketHandler& { return duplex; },
      [&](net::Socket& s) { duplex.start(s); });
  session.on_stop = [&] { duplex.drain(); };
  session.on_abandon = [&] { duplex.discard_output(); };
  server.open();
  return session.run();
}

}  // namespace tcpkit::cmd
