#include "cmd/run/child_server.h"

#include <fmt/core.h>

#include <cstring>
#include <utility>

#include "base/escape.h"
#include "cmd/run/describe.h"

namespace tcpkit::cmd {
namespace {

Server::Options half_open(Server::Options options) {
  options.socket.allow_half_open = true;  // the program decides when it has said everything
  return options;
}

}  // namespace

ChildServer::ChildServer(Session& session, Server::Options options,
                         const std::vector<std::string>& words, const flow::DataOptions& data)
    : session_(session),
      words_(words),
      data_(data),
      one_shot_(options.one_shot),
      children_(session.loop()),
      server_(
          session, half_open(std::move(options)),
          [this]() -> net::SocketHandler& { return serve(); },
          [this](net::Socket& socket) { children_.last().start(socket); }) {
  session.on_stop = [this] {
    if (session_.lets_go_on()) return;  // the programs as well as their connections
    for (flow::Child& child : children_)
      child.drain();
  };
  session.on_abandon = [this] {
    for (flow::Child& child : children_)
      child.abandon();
  };
}

int ChildServer::run() {
  server_.open();
  return session_.run();
}

net::SocketHandler& ChildServer::serve() {
  return children_.add(session_.engine(), words_, data_, hooks(), events()).handler();
}

flow::Hooks ChildServer::hooks() {
  flow::Hooks hooks;
  hooks.failed = [this](net::Socket& s, const Error& e) {
    if (!one_shot_) return session_.complain_of_client(describe_lost(s, e));
    session_.fail(exit_of(e), describe_lost(s, e));
  };
  hooks.notice = [this](const std::string& text) { session_.say(text); };
  hooks.input_failed = [this](const std::string& text) {
    if (!one_shot_) return session_.complain_of_client(text);
    session_.fail_late(text);
  };
  return hooks;
}

flow::Child::Events ChildServer::events() {
  return {[this](int err) { on_failed(err); },
          [this](int status, int signum) { on_exit(status, signum); },
          [this] { children_.remove_later(); }};
}

void ChildServer::on_failed(int err) {
  const std::string text =
      fmt::format("cannot start {}: {}", display(words_.front()), errno_text(err));
  if (!one_shot_) return session_.complain_of_client(text);
  session_.fail(Exit::failure, text);
}

void ChildServer::on_exit(int status, int signum) {
  static constexpr int signalled = 128;
  if (signum == 0 && (status == 0 || !one_shot_)) return;
  const std::string how = signum == 0 ? fmt::format("exited with status {}", status)
                                      : fmt::format("was ended by SIG{}", ::sigabbrev_np(signum));
  const std::string text = fmt::format("{} {}", display(words_.front()), how);
  if (!one_shot_) return session_.complain_of_client(text);
  session_.fail(static_cast<Exit>(signum == 0 ? status : signalled + signum), text);
}

}  // namespace tcpkit::cmd
