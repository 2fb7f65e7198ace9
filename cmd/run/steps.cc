#include "cmd/run/steps.h"

#include <utility>

#include "cmd/run/session.h"

namespace tcpkit::cmd {

std::unique_ptr<script::Director> run_steps(
    Session& session, const script::Script& script, bool listener,
    std::function<void(net::Socket* socket, const std::string& text)> failed,
    std::function<void(net::Socket& socket, bool closed)> passed) {
  if (script::looks_at(script, record::Layer::kernel)) session.watch_kernel();
  return std::make_unique<script::Director>(
      session.engine(), script, listener,
      script::Director::Hooks{std::move(failed),
                              [&session](const std::string& text) { session.say(text); },
                              std::move(passed),
                              [&session](const std::string& text, bool of_stdin) {
                                if (of_stdin) return session.fail_late(text);
                                session.say(text);
                              }});
}

}  // namespace tcpkit::cmd
