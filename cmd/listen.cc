#include <fmt/core.h>

#include "cmd/cli/command.h"
#include "cmd/cli/refuse.h"
#include "cmd/cli/usage_error.h"
#include "cmd/options/data.h"
#include "cmd/options/exec.h"
#include "cmd/run/child_server.h"
#include "cmd/run/describe.h"
#include "cmd/run/server.h"
#include "cmd/run/server_command.h"
#include "cmd/run/stdio_hooks.h"
#include "cmd/run/steps.h"
#include "flow/duplex.h"
#include "flow/hub.h"

namespace tcpkit::cmd {
namespace {

class Listen : public ServerCommand {
 public:
  Listen() : ServerCommand("listen", true) {}
  void declare(OptionSet& set) override {
    ServerCommand::declare(set);
    exec_.declare(set);
    data_.declare(set);
    set_ = &set;
  }
  void accept(const std::vector<std::string>& arguments) override {
    ServerCommand::accept(arguments);
    data_.check();
    data_.dump.check(trace().file);
    exec_.check();
    if (exec_.given()) check_exec();
    steps().check_data();
    if (server().keep_open && data_.options.quit_after) {
      throw UsageError("-q is about the end of stdin, which ends nothing with -k; leave one out");
    }
  }
  int run() override;

 private:
  flow::Hooks hooks(Session& session, bool many);
  int run_one(Session& session);
  int run_many(Session& session);
  std::unique_ptr<script::Director> make_director(
      Session& session, const std::function<void(net::Socket& socket)>& end_steps);

  void check_exec() const;

  DataGroup data_;
  ExecGroup exec_;
  const OptionSet* set_ = nullptr;
};

/// The program takes the place of stdin, stdout and the steps.
void Listen::check_exec() const {
  for (const char* option : {"--do", "--script", "--recv-only", "--send-only", "-i", "-q",
                             "--no-allow-half-open", "--no-shutdown"}) {
    refuse_both(*set_, exec_.option(), option);
  }
}

int Listen::run() {
  Session session(name(), trace(), true, socket().read_buffer, time().deadline);
  session.dump(data_.dump);
  if (exec_.given()) {
    Server::Options options = make_server_options();
    options.one_shot = !server().keep_open;
    return ChildServer(session, std::move(options), exec_.words(), data_.options).run();
  }
  return server().keep_open ? run_many(session) : run_one(session);
}

flow::Hooks Listen::hooks(Session& session, bool many) {
  flow::Hooks hooks = stdio_hooks(session, socket().options, steps().given());
  if (!many) return hooks;
  // Servers for many go on: one connection's end is said, but does not count.
  hooks.failed = [&session](net::Socket& s, const Error& e) {
    session.complain_of_client(describe_lost(s, e));
  };
  hooks.timed_out = nullptr;
  hooks.undelivered = [&session](const std::string& text) { session.complain(text); };
  return hooks;
}

/// `end_steps`: what the end of a connection's steps is, passed or not, unless one closed it.
std::unique_ptr<script::Director> Listen::make_director(
    Session& session, const std::function<void(net::Socket& socket)>& end_steps) {
  if (!steps().given()) return nullptr;
  return run_steps(
      session, steps().script(), true,
      [this, &session, end_steps](net::Socket* socket, const std::string& text) {
        session.fail_step(text);
        if (!server().keep_open) return session.loop().next_tick([&session] { session.stop(); });
        if (socket != nullptr) end_steps(*socket);
      },
      [end_steps](net::Socket& socket, bool closed) {
        if (!closed) end_steps(socket);
      });
}

int Listen::run_one(Session& session) {
  flow::Duplex::Options options;
  options.data = data_.options;
  options.server = true;
  options.data.half_open = data_.half_open(socket().options.allow_half_open);
  options.scripted = steps().given();
  flow::Duplex duplex(session.engine(), options, hooks(session, false));
  Server::Options server_options = make_server_options();
  // Without steps the duplex answers the peer's FIN.
  if (!steps().given()) server_options.socket.allow_half_open = true;
  server_options.one_shot = true;
  const auto director = make_director(session, [&](net::Socket& s) { duplex.end_steps(s); });
  Server server(
      session, server_options, [&]() -> net::SocketHandler& { return duplex; },
      [&](net::Socket& s) {
        duplex.start(s);
        if (director) director->watch_and_start(s);
      });
  session.on_stop = [&] {
    if (director) director->stop();
    duplex.drain();
  };
  session.on_abandon = [&] { duplex.discard_output(); };
  if (director) director->start_listener();
  server.open();
  return session.run();
}

int Listen::run_many(Session& session) {
  flow::Hub::Options options;
  options.data = data_.options;
  options.data.recv_only = options.data.recv_only || steps().given();  // stdin is left alone
  options.data.half_open = data_.half_open(socket().options.allow_half_open);
  options.scripted = steps().given();
  flow::Hub hub(session.engine(), options, hooks(session, true));
  Server::Options server_options = make_server_options();
  // Without steps the hub answers the peer's FIN.
  if (!steps().given()) server_options.socket.allow_half_open = true;
  const auto director = make_director(session, [&](net::Socket& s) {
    if (options.data.shutdown) s.end();
  });
  Server server(
      session, server_options, [&]() -> net::SocketHandler& { return hub; },
      [&](net::Socket& s) {
        hub.add(s);
        if (director) director->watch_and_start(s);
      });
  session.on_stop = [&] {
    if (director) director->stop();
    hub.drain();
  };
  session.on_abandon = [&] { hub.discard_output(); };
  if (director) director->start_listener();
  server.open();
  return session.run();
}

}  // namespace

std::unique_ptr<Program> make_listen() {
  return std::make_unique<Listen>();
}

}  // namespace tcpkit::cmd
