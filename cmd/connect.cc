#include <fcntl.h>
#include <fmt/core.h>

#include <system_error>

#include "base/duration.h"
#include "cmd/cli/command.h"
#include "cmd/cli/refuse.h"
#include "cmd/cli/usage_error.h"
#include "cmd/options/client.h"
#include "cmd/options/data.h"
#include "cmd/options/endpoint.h"
#include "cmd/options/steps.h"
#include "cmd/options/time.h"
#include "cmd/run/describe.h"
#include "cmd/run/inherited.h"
#include "cmd/run/session.h"
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
  time.check(socket.options, is_unix);
  steps.check(false, is_unix, trace.layers);
  steps.check_data();
  if (target.host.empty()) target.host = "localhost";
}

/// Connects, again after a failure if that is wanted, and moves data between the connection and
/// stdin and stdout. Lives on the session's loop, and is gone before the session.
class ConnectRun {
 public:
  ConnectRun(Session& session, const ConnectOptions& options);
  /// The exit status.
  int run();

 private:
  void open();
  flow::Hooks hooks();
  void on_failed(net::Socket& socket, const Error& error);
  void on_done();
  void make_director();
  void fail(Exit status, const std::string& text);

  Session& session_;
  const ConnectOptions& options_;
  uv::Timer retry_timer_;
  std::unique_ptr<dns::Resolver> resolver_;
  std::unique_ptr<net::Dialer> dialer_;
  std::unique_ptr<flow::Duplex> duplex_;
  std::unique_ptr<script::Director> director_;
  int tries_left_;
  bool was_connected_ = false;        ///< the last try
  std::optional<Error> unconnected_;  ///< why this try failed
  std::optional<Error> before_;       ///< why the last one did, while no connection was made
};

ConnectRun::ConnectRun(Session& session, const ConnectOptions& options)
    : session_(session),
      options_(options),
      retry_timer_(session.loop(), [this] { open(); }),
      resolver_(options.client.make_resolver(session.loop(), options.target)),
      tries_left_(options.client.retries) {
  if (options_.steps.given()) make_director();
  session_.on_stop = [this] {
    retry_timer_.stop();
    if (director_) director_->stop();
    duplex_->drain();
  };
  session_.on_abandon = [this] { duplex_->discard_output(); };
  session_.last_failure = [this] {
    return was_connected_
               ? std::string()
               : describe_failures(options_.target.to_string(), dialer_->failures(), before_);
  };
}

int ConnectRun::run() {
  open();
  return session_.run();
}

void ConnectRun::make_director() {
  director_ = run_steps(
      session_, options_.steps.script(), false,
      [this](net::Socket* socket, const std::string& text) {
        // A try that is made again begins the steps again.
        const bool gone = socket == nullptr || socket->destroyed();
        if (tries_left_ > 0 && gone && !was_connected_) return;
        session_.fail_step(text);
        session_.loop().next_tick([this] { session_.stop(); });
      },
      [this](net::Socket& socket, bool closed) {
        if (!closed) duplex_->end_steps(socket);
      });
}

flow::Hooks ConnectRun::hooks() {
  flow::Hooks hooks;
  hooks.connected = [this](net::Socket& s) {
    was_connected_ = true;
    if (session_.verbose()) session_.say("connected to " + peer_of(s));
  };
  hooks.failed = [this](net::Socket& s, const Error& e) { on_failed(s, e); };
  hooks.timed_out = [this](net::Socket&, record::ev::TimeoutKind kind) {
    if (kind != record::ev::TimeoutKind::idle) return;
    if (options_.socket.options.timeout_action == net::Socket::TimeoutAction::none) return;
    if (options_.steps.given()) return;  // which tell by themselves how it ended
    session_.fail(Exit::timed_out, fmt::format("no data in either direction for {}",
                                               format_duration(options_.socket.options.timeout)));
  };
  hooks.notice = [this](const std::string& text) { session_.say(text); };
  hooks.input_failed = [this](const std::string& text) { session_.fail_late(text); };
  hooks.undelivered = [this](const std::string& text) { fail(Exit::timed_out, text); };
  hooks.output_failed = [this](int err) { session_.output_failed(err); };
  hooks.done = [this] { on_done(); };
  return hooks;
}

void ConnectRun::open() {
  unconnected_.reset();
  was_connected_ = false;
  flow::Duplex::Options options;
  options.data = options_.data.options;
  options.data.half_open = options_.data.half_open(options_.socket.options.allow_half_open);
  options.scripted = options_.steps.given();
  duplex_ = std::make_unique<flow::Duplex>(session_.engine(), options, hooks());

  net::Socket::Options socket_options = options_.socket.options;
  // Without steps the duplex answers the peer's FIN.
  if (!options_.steps.given()) socket_options.allow_half_open = true;
  net::Socket& socket = net::Socket::create_client(session_.engine(), *duplex_, socket_options);
  dialer_ = std::make_unique<net::Dialer>(socket, *resolver_, options_.client.dial,
                                          socket_options.socket);
  if (director_) director_->watch(socket);
  if (options_.inherited) {
    dialer_->adopt(*options_.inherited);
  } else {
    dialer_->connect(options_.target);
  }
  if (director_) director_->start(socket);
}

void ConnectRun::on_failed(net::Socket& socket, const Error& error) {
  if (socket.was_connected()) {
    fail(exit_of(error), describe_lost(socket, error));
  } else {
    before_ = unconnected_ = error;
  }
}

void ConnectRun::on_done() {
  if (!unconnected_) return;
  if (tries_left_ > 0 && !session_.stopping()) {
    --tries_left_;
    if (session_.verbose()) {
      session_.say(describe_unconnected(options_.target.to_string(), *unconnected_) +
                   "; trying again in " + format_duration(options_.client.retry_delay));
    }
    retry_timer_.start(options_.client.retry_delay);
    return;
  }
  fail(exit_of(*unconnected_), describe_unconnected(options_.target.to_string(), *unconnected_));
}

/// The end of the connection gives the status, unless there are steps: those have passed or not.
void ConnectRun::fail(Exit status, const std::string& text) {
  if (options_.steps.given()) return session_.complain(text);
  session_.fail(status, text);
}

class Connect : public Program {
 public:
  void declare(OptionSet& set) override { options_.declare(set); }
  void accept(const std::vector<std::string>& arguments) override { options_.accept(arguments); }
  int run() override {
    Session session("connect", options_.trace, true, options_.socket.read_buffer,
                    options_.time.deadline);
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
