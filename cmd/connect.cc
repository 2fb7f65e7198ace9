#include <fcntl.h>
#include <fmt/core.h>

#include <system_error>
#include <utility>

#include "cmd/cli/command.h"
#include "cmd/cli/refuse.h"
#include "cmd/cli/usage_error.h"
#include "cmd/options/client.h"
#include "cmd/options/data.h"
#include "cmd/options/endpoint.h"
#include "cmd/options/steps.h"
#include "cmd/options/time.h"
#include "cmd/run/client.h"
#include "cmd/run/describe.h"
#include "cmd/run/inherited.h"
#include "cmd/run/session.h"
#include "cmd/run/stdio_hooks.h"
#include "cmd/run/steps.h"
#include "flow/duplex.h"

namespace tcpkit::cmd {
namespace {

/// The options of `connect`, parsed.
struct ConnectOptions {
  TraceOptions trace;
  SocketGroup socket;
  ClientGroup client;
  DataGroup data;
  TimeGroup time;
  StepGroup steps;
  std::optional<int> inherited;  ///< the connected socket in place of the target
  Endpoint target;
  bool says_outcome = false;  ///< of --probe

  void declare(OptionSet& set);
  void accept(const std::vector<std::string>& arguments);

 private:
  OptionSet* set_ = nullptr;
  std::optional<int> fd_;
};

void ConnectOptions::declare(OptionSet& set) {
  set_ = &set;
  trace.declare(set);
  socket.declare(set);
  client.declare(set);
  client.declare_probe(set);
  declare_fd(set, "Client", fd_, "Use this connected socket");
  data.declare(set);
  time.declare(set);
  client.declare_limit(set);
  steps.declare(set);
}

void ConnectOptions::accept(const std::vector<std::string>& arguments) {
  trace.check();
  check_is_no_standard_one(fd_);
  if (arguments.empty()) inherited = inherited_descriptor(fd_);
  if (inherited) {
    check_connected(*inherited);
    refuse(*set_, Trait::before_connect, too_late);
  } else {
    if (fd_) throw UsageError("--fd takes the place of the target; leave one out");
    target = read_endpoint(arguments, Purpose::connecting, "connect");
  }
  const bool is_unix = inherited ? is_unix_socket(*inherited) : target.is_unix();
  trace.check_kind(is_unix);
  socket.check(is_unix);
  client.check(target, socket);
  data.check();
  data.dump.check(trace.file);
  time.check(socket.options, is_unix);
  steps.check(false, is_unix, trace.layers);
  steps.check_data();
  if (client.probe) {
    refuse_group(*set_, "Data", "--probe sends and receives nothing");
    refuse_group(*set_, "Steps", "--probe ends the connection at once");
    says_outcome = std::exchange(trace.verbose, false);  // in one line
  }
  if (target.host.empty()) target.host = "localhost";
}

/// Moves data between the connection and stdin and stdout. Lives on the session's loop, and is gone
/// before the session.
class ConnectRun : public ClientOwner {
 public:
  ConnectRun(Session& session, const ConnectOptions& options);
  /// The exit status.
  int run();

  net::SocketHandler& begin_try() override;
  void before_connect(net::Socket& socket) override {
    if (director_) director_->watch(socket);
  }
  void after_connect(net::Socket& socket) override {
    if (director_) director_->start(socket);
  }
  void on_unreached(Exit status, const std::string& text) override { fail(status, text); }

 private:
  [[nodiscard]] net::Socket::Options socket_options() const;
  flow::Hooks hooks();
  void make_director();
  void end_probe(net::Socket& socket);
  void fail(Exit status, const std::string& text);

  Session& session_;
  const ConnectOptions& options_;
  Client client_;
  std::unique_ptr<flow::Duplex> duplex_;
  std::unique_ptr<script::Director> director_;
};

ConnectRun::ConnectRun(Session& session, const ConnectOptions& options)
    : session_(session),
      options_(options),
      client_(session, *this, options.target, options.client, socket_options()) {
  if (options_.steps.given()) make_director();
  session_.on_stop = [this] {
    client_.stop();
    if (director_) director_->stop();
    duplex_->drain();
  };
  session_.on_abandon = [this] { duplex_->discard_output(); };
  session_.last_failure = [this] { return client_.last_failure(); };
}

int ConnectRun::run() {
  if (options_.inherited) {
    client_.adopt(*options_.inherited);
  } else {
    client_.open();
  }
  return session_.run();
}

net::Socket::Options ConnectRun::socket_options() const {
  net::Socket::Options options = options_.socket.options;
  // Without steps the duplex answers the peer's FIN.
  if (!options_.steps.given()) options.allow_half_open = true;
  return options;
}

void ConnectRun::make_director() {
  director_ = run_steps(
      session_, options_.steps.script(), false,
      [this](net::Socket* socket, const std::string& text) {
        // A try that is made again begins the steps again.
        const bool gone = socket == nullptr || socket->destroyed();
        if (client_.tries_again() && gone && !client_.was_connected()) return;
        session_.fail_step(text);
        session_.loop().next_tick([this] { session_.stop(); });
      },
      [this](net::Socket& socket, bool closed) {
        if (!closed) duplex_->end_steps(socket);
      });
}

flow::Hooks ConnectRun::hooks() {
  flow::Hooks hooks = stdio_hooks(session_, options_.socket.options, options_.steps.given());
  hooks.connected = [this](net::Socket& s) {
    client_.connected();
    if (options_.client.probe) return end_probe(s);
    if (session_.verbose()) session_.say("connected to " + peer_of(s));
  };
  hooks.failed = [this](net::Socket& s, const Error& e) {
    if (!client_.failed(s, e)) fail(exit_of(e), describe_lost(s, e));
  };
  hooks.done = [this] { client_.closed(); };
  return hooks;
}

net::SocketHandler& ConnectRun::begin_try() {
  flow::Duplex::Options options;
  options.data = options_.data.options;
  if (options_.client.probe) options.data.recv_only = true;  // stdin is left alone
  options.data.half_open = options_.data.half_open(options_.socket.options.allow_half_open);
  options.scripted = options_.steps.given();
  duplex_ = std::make_unique<flow::Duplex>(session_.engine(), options, hooks());
  return *duplex_;
}

/// After `ready`, with a RST, so that no TIME_WAIT holds the port pair.
void ConnectRun::end_probe(net::Socket& socket) {
  if (options_.says_outcome) session_.say(options_.target.to_string() + " is open");
  session_.loop().next_tick([&socket] {
    if (socket.is_unix()) {
      socket.destroy();
    } else {
      socket.reset_and_destroy();
    }
  });
}

/// The end of the connection gives the status, unless there are steps: those have passed or not.
void ConnectRun::fail(Exit status, const std::string& text) {
  if (options_.steps.given()) return session_.complain(text);
  if (options_.client.probe && !options_.says_outcome) return session_.conclude(status, text);
  session_.fail(status, text);
}

class Connect : public Program {
 public:
  void declare(OptionSet& set) override { options_.declare(set); }
  void accept(const std::vector<std::string>& arguments) override { options_.accept(arguments); }
  int run() override {
    Session session("connect", options_.trace, true, options_.socket.read_buffer,
                    options_.time.deadline);
    session.dump(options_.data.dump);
    if (const std::string text = options_.client.warning(); !text.empty()) session.say(text);
    return ConnectRun(session, options_).run();
  }

 private:
  ConnectOptions options_;
};

}  // namespace

std::unique_ptr<Program> make_connect() {
  return std::make_unique<Connect>();
}

}  // namespace tcpkit::cmd
