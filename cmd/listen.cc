#include <fmt/format.h>

#include "base/duration.h"
#include "cmd/command.h"
#include "cmd/data_options.h"
#include "cmd/describe.h"
#include "cmd/server.h"
#include "cmd/server_command.h"
#include "flow/duplex.h"
#include "flow/hub.h"

namespace tcpkit::cmd {
namespace {

class Listen : public ServerCommand {
 public:
  Listen() : ServerCommand("listen", true) {}
  void declare(CLI::App& app) override {
    ServerCommand::declare(app);
    data_.declare(app);
  }
  void accept(const std::vector<std::string>& arguments) override {
    ServerCommand::accept(arguments);
    data_.check();
  }
  int run() override;

 private:
  flow::Hooks hooks(Session& session, bool many);
  int run_one(Session& session);
  int run_many(Session& session);

  DataGroup data_;
};

int Listen::run() {
  Session session(name(), trace(), true, socket().read_buffer, time().deadline);
  return server().keep_open ? run_many(session) : run_one(session);
}

flow::Hooks Listen::hooks(Session& session, bool many) {
  flow::Hooks hooks;
  hooks.failed = [&session, many](net::Socket& s, const Error& e) {
    // Servers for many go on: one connection's end is said, but does not count.
    if (many) return session.complain(describe_lost(s, e));
    session.fail(exit_of(e), describe_lost(s, e));
  };
  hooks.timed_out = [this, &session, many](net::Socket&, trace::ev::TimeoutKind kind) {
    if (many || kind != trace::ev::TimeoutKind::idle) return;
    fail_idle(session);
  };
  hooks.notice = [&session](const std::string& text) { session.say(text); };
  hooks.input_failed = [&session](const std::string& text) { session.fail(Exit::failure, text); };
  hooks.output_failed = [&session](int err) { session.output_failed(err); };
  return hooks;
}

int Listen::run_one(Session& session) {
  flow::Duplex::Options options;
  options.data = data_.options;
  options.server = true;
  options.allow_half_open = socket().options.allow_half_open;
  flow::Duplex duplex(session.engine(), options, hooks(session, false));
  Server::Options server_options = make_server_options();
  server_options.socket.allow_half_open = true;  // the duplex answers the peer's FIN
  Server server(
      session, server_options, [&]() -> net::SocketHandler& { return duplex; },
      [&](net::Socket& s) {
        server.listener().close();  // a second client is refused
        duplex.start(s);
      });
  session.on_stop = [&] { duplex.drain(); };
  session.on_abandon = [&] { duplex.discard_output(); };
  server.open();
  return session.run();
}

int Listen::run_many(Session& session) {
  flow::Hub hub(session.engine(), data_.options, socket().options.allow_half_open,
                hooks(session, true));
  Server::Options server_options = make_server_options();
  server_options.socket.allow_half_open = true;  // the hub answers the peer's FIN
  Server server(
      session, server_options, [&]() -> net::SocketHandler& { return hub; },
      [&](net::Socket& s) { hub.add(s); });
  session.on_stop = [&] { hub.drain(); };
  session.on_abandon = [&] { hub.discard_output(); };
  server.open();
  return session.run();
}

}  // namespace

std::unique_ptr<Program> make_listen() {
  return std::make_unique<Listen>();
}

}  // namespace tcpkit::cmd
