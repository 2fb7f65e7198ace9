#include "cmd/run/stdio_hooks.h"

#include <fmt/core.h>

#include "base/duration.h"
#include "cmd/run/describe.h"

namespace tcpkit::cmd {

void fail_idle(Session& session, const net::Socket::Options& socket, record::ev::TimeoutKind kind) {
  if (kind != record::ev::TimeoutKind::idle) return;
  if (socket.timeout_action == net::Socket::TimeoutAction::none) return;
  session.fail(Exit::timed_out,
               fmt::format("no data in either direction for {}", format_duration(socket.timeout)));
}

flow::Hooks stdio_hooks(Session& session, const net::Socket::Options& socket, bool scripted) {
  const auto fail = [&session, scripted](Exit status, const std::string& text) {
    if (scripted) return session.complain(text);
    session.fail(status, text);
  };
  flow::Hooks hooks;
  hooks.failed = [fail](net::Socket& s, const Error& e) { fail(exit_of(e), describe_lost(s, e)); };
  if (!scripted) {
    hooks.timed_out = [&session, socket](net::Socket&, record::ev::TimeoutKind kind) {
      fail_idle(session, socket, kind);
    };
  }
  hooks.notice = [&session](const std::string& text) { session.say(text); };
  hooks.input_failed = [&session](const std::string& text) { session.fail_late(text); };
  hooks.undelivered = [fail](const std::string& text) { fail(Exit::timed_out, text); };
  hooks.output_failed = [&session](int err) { session.output_failed(err); };
  return hooks;
}

}  // namespace tcpkit::cmd
