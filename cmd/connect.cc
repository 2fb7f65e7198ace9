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

class Connect : public Program {
 public:
  void declare(OptionSet& set) override {
    set_ = &set;
    trace_.declare(set);
    socket_.declare(set);
    client_.declare(set);
    declare_fd(set, "Client", fd_, "Use this connected socket");
    data_.declare(set);
    time_.declare(set);
    client_.declare_limit(set);
    steps_.declare(set);
  }

  void accept(const std::vector<std::string>& arguments) override {
    trace_.check();
    check_is_no_standard_one(fd_);
    if (arguments.empty()) inherited_ = inherited_descriptor(fd_);
    if (inherited_) {
      check_connected(*inherited_);
      refuse(*set_, Trait::before_connect, too_late);
    } else {
      if (fd_) throw UsageError("--fd takes the place of the target; leave one out");
      target_ = read_endpoint(arguments, Purpose::connecting, "connect");
    }
    const bool is_unix = inherited_ ? is_unix_socket(*inherited_) : target_.is_unix();
    trace_.check_kind(is_unix);
    socket_.check(is_unix);
    client_.check(target_, socket_);
    data_.check();
    time_.check(socket_.options, is_unix);
    steps_.check(false, is_unix, trace_.layers);
    steps_.check_data();
    if (target_.host.empty()) target_.host = "localhost";
  }

  int run() override;

 private:
  void open();
  void on_failed(net::Socket& socket, const Error& error);
  void on_done();
  void make_director();
  void fail(Exit status, const std::string& text);

  OptionSet* set_ = nullptr;
  TraceOptions trace_;
  SocketGroup socket_;
  ClientGroup client_;
  DataGroup data_;
  TimeGroup time_;
  StepGroup steps_;
  std::optional<int> fd_;
  std::optional<int> inherited_;
  Endpoint target_;

  Session* session_ = nullptr;
  std::unique_ptr<dns::Resolver> resolver_;
  std::unique_ptr<flow::Duplex> duplex_;
  std::unique_ptr<net::Dialer> dialer_;
  std::unique_ptr<script::Director> director_;
  std::unique_ptr<uv::Timer> retry_timer_;
  int tries_left_ = 0;
  bool was_connected_ = false;        ///< the last try
  std::optional<Error> unconnected_;  ///< why this try failed
  std::optional<Error> before_;       ///< why the last one did, while no connection was made
};

int Connect::run() {
  Session session("connect", trace_, true, socket_.read_buffer, time_.deadline);
  session_ = &session;
  if (const std::string text = client_.warning(); !text.empty()) session.say(text);
  resolver_ = client_.make_resolver(session.loop(), target_);
  retry_timer_ = std::make_unique<uv::Timer>(session.loop(), [this] { open(); });
  tries_left_ = client_.retries;
  if (steps_.given()) make_director();
  session.on_stop = [this] {
    retry_timer_->stop();
    if (director_) director_->stop();
    duplex_->drain();
  };
  session.on_abandon = [this] { duplex_->discard_output(); };
  session.last_failure = [this] {
    return was_connected_ ? std::string()
                          : describe_failures(target_.to_string(), dialer_->failures(), before_);
  };
  open();
  const int status = session.run();
  director_.reset();
  duplex_.reset();
  dialer_.reset();
  resolver_.reset();
  retry_timer_.reset();
  return status;
}

void Connect::make_director() {
  director_ = run_steps(
      *session_, steps_.script(), false,
      [this](net::Socket* socket, const std::string& text) {
        // A try that is made again begins the steps again.
        const bool gone = socket == nullptr || socket->destroyed();
        if (tries_left_ > 0 && gone && !was_connected_) return;
        session_->fail_step(text);
        session_->loop().next_tick([this] { session_->stop(); });
      },
      [this](net::Socket& socket, bool closed) {
        if (!closed) duplex_->end_steps(socket);
      });
}

void Connect::open() {
  unconnected_.reset();
  was_connected_ = false;
  flow::Hooks hooks;
  hooks.connected = [this](net::Socket& s) {
    was_connected_ = true;
    if (session_->verbose()) session_->say("connected to " + peer_of(s));
  };
  hooks.failed = [this](net::Socket& s, const Error& e) { on_failed(s, e); };
  hooks.timed_out = [this](net::Socket&, record::ev::TimeoutKind kind) {
    if (kind != record::ev::TimeoutKind::idle) return;
    if (socket_.options.timeout_action == net::Socket::TimeoutAction::none) return;
    if (steps_.given()) return;  // which tell by themselves how it ended
    session_->fail(Exit::timed_out, fmt::format("no data in either direction for {}",
                                                format_duration(socket_.options.timeout)));
  };
  hooks.notice = [this](const std::string& text) { session_->say(text); };
  hooks.input_failed = [this](const std::string& text) { session_->fail_late(text); };
  hooks.undelivered = [this](const std::string& text) { fail(Exit::timed_out, text); };
  hooks.output_failed = [this](int err) { session_->output_failed(err); };
  hooks.done = [this] { on_done(); };
  flow::Duplex::Options options;
  options.data = data_.options;
  options.data.half_open = data_.half_open(socket_.options.allow_half_open);
  options.scripted = steps_.given();
  duplex_ = std::make_unique<flow::Duplex>(session_->engine(), options, std::move(hooks));

  net::Socket::Options socket_options = socket_.options;
  // Without steps the duplex answers the peer's FIN.
  if (!steps_.given()) socket_options.allow_half_open = true;
  net::Socket& socket = net::Socket::create_client(session_->engine(), *duplex_, socket_options);
  dialer_ = std::make_unique<net::Dialer>(socket, *resolver_, client_.dial, socket_options.socket);
  if (director_) director_->watch(socket);
  if (inherited_) {
    dialer_->adopt(*inherited_);
  } else {
    dialer_->connect(target_);
  }
  if (director_) director_->start(socket);
}

void Connect::on_failed(net::Socket& socket, const Error& error) {
  if (socket.was_connected()) {
    fail(exit_of(error), describe_lost(socket, error));
  } else {
    before_ = unconnected_ = error;
  }
}

void Connect::on_done() {
  if (!unconnected_) return;
  if (tries_left_ > 0 && !session_->stopping()) {
    --tries_left_;
    if (session_->verbose()) {
      session_->say(describe_unconnected(target_.to_string(), *unconnected_) +
                    "; trying again in " + format_duration(client_.retry_delay));
    }
    retry_timer_->start(client_.retry_delay);
    return;
  }
  fail(exit_of(*unconnected_), describe_unconnected(target_.to_string(), *unconnected_));
}

/// The end of the connection gives the status, unless there are steps: those have passed or not.
void Connect::fail(Exit status, const std::string& text) {
  if (steps_.given()) return session_->complain(text);
  session_->fail(status, text);
}

}  // namespace

std::unique_ptr<Program> make_connect() {
  return std::make_unique<Connect>();
}

}  // namespace tcpkit::cmd
