#include "cmd/run/relay_stdio.h"

#include <utility>

#include "cmd/run/client.h"
#include "cmd/run/describe.h"
#include "cmd/run/stdio_hooks.h"
#include "flow/duplex.h"

namespace tcpkit::cmd {
namespace {

flow::Duplex::Options duplex_options(const net::Socket::Options& socket, bool server) {
  flow::Duplex::Options options;
  options.server = server;
  if (socket.allow_half_open) options.data.half_open = flow::HalfOpen::always;
  return options;
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
    flow::Hooks hooks = stdio_hooks(session_, socket_, false);
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
                      stdio_hooks(session, options.socket, false));
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
