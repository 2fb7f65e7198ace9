#include "cmd/run/experiment.h"

#include <fmt/core.h>

#include "base/escape.h"
#include "cmd/cli/declare.h"
#include "cmd/cli/refuse.h"
#include "cmd/cli/usage_error.h"
#include "cmd/options/endpoint.h"
#include "cmd/run/describe.h"
#include "cmd/run/stdio_hooks.h"

namespace tcpkit::cmd {

void ExperimentCommand::declare(OptionSet& set) {
  set_ = &set;
  trace_.declare(set);
  socket_.declare(set);
  client_.declare(set);
  server_.declare(set, false);
  time_.declare(set);
  client_.declare_limit(set);
  Group(set, "Server").string("--listen", "ADDRESS", listen_, "Be the server of one connection");
}

void ExperimentCommand::accept(const std::vector<std::string>& arguments) {
  if (const std::string option = set_->first_given(Trait::needs_many); !option.empty()) {
    throw UsageError(fmt::format(
        "{} needs a server for many, and {} serves one connection; leave it out", option, name_));
  }
  trace_.check();
  if (trace_.summary != "json" || trace_.is_json()) trace_.on_by_default();
  trace_.summary_by_default();
  if (!listening()) {
    refuse_group(*set_, "Server", "it needs --listen ADDRESS in place of the target");
    endpoint_ = read_endpoint(arguments, Purpose::connecting, name_);
  } else {
    if (!arguments.empty()) {
      throw UsageError(fmt::format("'{}': --listen takes the place of the target; leave one out",
                                   display(arguments.front())));
    }
    refuse_group(*set_, "Client", "it is for a client, and --listen makes a server");
    if (set_->has("--connect-timeout")) {
      throw UsageError("--connect-timeout: it is for a client; write --accept-timeout");
    }
    endpoint_ = read_endpoint({listen_}, Purpose::listening, name_);
  }
  trace_.check_kind(endpoint_.is_unix());
  socket_.check(endpoint_.is_unix());
  if (listening()) {
    server_.check(endpoint_.is_unix(), socket_, false);
  } else {
    client_.check(endpoint_, socket_);
    if (endpoint_.host.empty()) endpoint_.host = "localhost";
  }
  time_.check(socket_.options, endpoint_.is_unix());
  adjust(socket_.options);
}

int ExperimentCommand::run() {
  Session session(name_, trace_, false, socket_.read_buffer, time_.deadline);
  return make_run(session)->run();
}

ExperimentRun::ExperimentRun(Session& session, const ExperimentCommand& command)
    : session_(session), command_(command) {}

ExperimentRun::~ExperimentRun() = default;

int ExperimentRun::run() {
  session_.on_stop = [this] {
    if (client_) client_->stop();
    on_stop();
  };
  if (command_.listening()) {
    open_server();
  } else {
    open_client();
  }
  return session_.run();
}

void ExperimentRun::open_server() {
  Server::Options options =
      Server::make_options(command_.endpoint(), {}, command_.socket(), command_.server());
  options.one_shot = true;
  listener_ = std::make_unique<Server>(
      session_, std::move(options), [this]() -> net::SocketHandler& { return *this; },
      [this](net::Socket& socket) { opened(socket); });
  listener_->open();
}

void ExperimentRun::open_client() {
  const std::string warning = command_.client().warning();
  if (!warning.empty()) session_.say(warning);
  client_ = std::make_unique<Client>(session_, *this, command_.endpoint(), command_.client(),
                                     command_.socket().options);
  session_.last_failure = [this] { return client_->last_failure(); };
  client_->open();
}

void ExperimentRun::opened(net::Socket& socket) {
  if (client_) client_->connected();
  if (session_.verbose()) {
    session_.say((command_.listening() ? "connection from " : "connected to ") + peer_of(socket));
  }
  // What the command does follows `ready`.
  session_.loop().next_tick([this, &socket] {
    if (!socket.destroyed() && !session_.stopping()) on_open(socket);
  });
}

void ExperimentRun::on_error(net::Socket& socket, const Error& error) {
  if (client_ && client_->failed(socket, error)) return;
  session_.fail(status_of(error), describe_lost(socket, error));
}

void ExperimentRun::on_unreached(Exit status, const std::string& text) {
  session_.fail(status, text);
}

void ExperimentRun::on_timeout(net::Socket& /*socket*/, record::ev::TimeoutKind kind) {
  fail_idle(session_, command_.socket().options, kind);
}

void ExperimentRun::on_close(net::Socket& socket, bool /*had_error*/) {
  on_stop();
  if (client_) client_->closed();
  if (socket.was_connected()) on_over(socket);
}

void ExperimentRun::note(const std::string& text) {
  session_.engine().tracer().emit(record::Role::none, 0, {}, record::note::Step{text});
}

}  // namespace tcpkit::cmd
