#include "cmd/run/client.h"

#include <fmt/core.h>

#include "base/duration.h"
#include "base/escape.h"
#include "cmd/cli/declare.h"
#include "cmd/cli/refuse.h"
#include "cmd/cli/usage_error.h"
#include "cmd/options/endpoint.h"
#include "cmd/run/describe.h"

namespace tcpkit::cmd {

void LifecycleCommand::declare(OptionSet& set) {
  set_ = &set;
  trace_.declare(set);
  socket_.declare(set);
  client_.declare(set);
  server_.declare(set, false);
  time_.declare(set);
  client_.declare_limit(set);
  Group(set, "Server").string("--listen", "ADDRESS", listen_, "Be the server of one connection");
}

void LifecycleCommand::accept(const std::vector<std::string>& arguments) {
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

int LifecycleCommand::run() {
  Session session(name_, trace_, false, socket_.read_buffer, time_.deadline);
  session_ = &session;
  session.on_stop = [this] {
    if (retry_timer_) retry_timer_->stop();
    on_stop();
  };
  if (listening()) {
    Server::Options options = Server::make_options(endpoint_, {}, socket_, server_);
    options.one_shot = true;
    listener_ = std::make_unique<Server>(
        session, std::move(options), [this]() -> net::SocketHandler& { return *this; },
        [this](net::Socket& socket) { opened(socket); });
    listener_->open();
  } else {
    if (const std::string text = client_.warning(); !text.empty()) session.say(text);
    resolver_ = client_.make_resolver(session.loop(), endpoint_);
    retry_timer_ = std::make_unique<uv::Timer>(session.loop(), [this] { open_client(); });
    tries_left_ = client_.retries;
    session.last_failure = [this] {
      return was_connected_
                 ? std::string()
                 : describe_failures(endpoint_.to_string(), dialer_->failures(), before_);
    };
    open_client();
  }
  const int status = session.run();
  release();
  dialer_.reset();
  resolver_.reset();
  retry_timer_.reset();
  listener_.reset();
  session_ = nullptr;
  return status;
}

void LifecycleCommand::open_client() {
  unconnected_.reset();
  net::Socket::Options options = socket_.options;
  net::Socket& socket = net::Socket::create_client(session_->engine(), *this, options);
  dialer_ = std::make_unique<net::Dialer>(socket, *resolver_, client_.dial, options.socket);
  dialer_->connect(endpoint_);
}

void LifecycleCommand::opened(net::Socket& socket) {
  was_connected_ = true;
  if (session_->verbose()) {
    session_->say((listening() ? "connection from " : "connected to ") + peer_of(socket));
  }
  // What the command does comes behind `ready`.
  session_->loop().next_tick([this, &socket] {
    if (!socket.destroyed() && !session_->stopping()) on_open(socket);
  });
}

void LifecycleCommand::on_error(net::Socket& socket, const Error& error) {
  if (socket.was_connected()) {
    session_->fail(status_of(error), describe_lost(socket, error));
  } else {
    before_ = unconnected_ = error;
  }
}

/// A try that made no connection is over.
void LifecycleCommand::on_unconnected() {
  const std::string text = describe_unconnected(endpoint_.to_string(), *unconnected_);
  if (tries_left_ == 0 || session_->stopping()) return session_->fail(exit_of(*unconnected_), text);
  --tries_left_;
  if (session_->verbose()) {
    session_->say(text + "; trying again in " + format_duration(client_.retry_delay));
  }
  retry_timer_->start(client_.retry_delay);
}

void LifecycleCommand::on_timeout(net::Socket& /*socket*/, record::ev::TimeoutKind kind) {
  if (kind != record::ev::TimeoutKind::idle) return;
  if (time_.action == net::Socket::TimeoutAction::none) return;
  session_->fail(Exit::timed_out,
                 fmt::format("no data in either direction for {}", format_duration(time_.idle)));
}

void LifecycleCommand::on_close(net::Socket& socket, bool /*had_error*/) {
  on_stop();
  if (unconnected_) on_unconnected();
  if (socket.was_connected()) on_over(socket);
}

void LifecycleCommand::note(const std::string& text) {
  session_->engine().tracer().emit(record::Role::none, 0, {}, record::note::Step{text});
}

}  // namespace tcpkit::cmd
