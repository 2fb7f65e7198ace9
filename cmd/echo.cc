#include "flow/echo.h"

#include "cmd/cli/command.h"
#include "cmd/run/describe.h"
#include "cmd/run/server.h"
#include "cmd/run/server_command.h"
#include "cmd/run/steps.h"

namespace tcpkit::cmd {
namespace {

class EchoCommand : public ServerCommand {
 public:
  EchoCommand() : ServerCommand("echo", false) {}

  int run() override {
    Session session(name(), trace(), false, socket().read_buffer, time().deadline);
    flow::Hooks hooks;
    hooks.failed = [&](net::Socket& s, const Error& e) {
      session.complain_of_client(describe_lost(s, e));
    };
    flow::Echo echo(std::move(hooks));
    std::unique_ptr<script::Director> director;
    if (steps().given()) {
      // The echoing goes on beside the steps, and after them.
      director = run_steps(
          session, steps().script(), true,
          [&session](net::Socket*, const std::string& text) { session.fail_step(text); }, nullptr);
    }
    Server server(
        session, make_server_options(), [&]() -> net::SocketHandler& { return echo; },
        [&](net::Socket& s) {
          if (director) director->watch_and_start(s);
        });
    session.on_stop = [&] {
      if (director) director->stop();
    };
    if (director) director->start_listener();
    server.open();
    return session.run();
  }
};

}  // namespace

std::unique_ptr<Program> make_echo() {
  return std::make_unique<EchoCommand>();
}

}  // namespace tcpkit::cmd
