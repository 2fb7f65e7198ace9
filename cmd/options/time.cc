#include "cmd/options/time.h"

#include "cmd/cli/declare.h"
#include "cmd/cli/refuse.h"
#include "cmd/cli/usage_error.h"

namespace tcpkit::cmd {

using Action = net::Socket::TimeoutAction;

void TimeGroup::declare(OptionSet& set) {
  set_ = &set;
  Group g(set, "Time");
  g.duration("--timeout", idle, "Limit the idle time of a connection, in either direction")
      .with({Trait::live});
  g.choice<Action>(
       "--timeout-action", action,
       {{"end", Action::end},
        {"destroy", Action::destroy},
        {"reset", Action::reset},
        {"none", Action::none}},
       "Select the action of the idle limit (end: FIN, and destroy after a second idle period)")
      .with({Trait::live});
  declare_deadline(set);
}

void TimeGroup::declare_deadline(OptionSet& set) {
  set_ = &set;
  Group(set, "Time")
      .duration("--deadline", deadline, "End everything this long after the start")
      .with({Trait::of_program});
}

void TimeGroup::check(net::Socket::Options& options, bool is_unix) {
  refuse_without(*set_, "--timeout-action", "--timeout");
  check_action(is_unix);
  options.timeout = idle;
  options.timeout_action = action;
}

void TimeGroup::check_action(bool is_unix) const {
  if (is_unix && action == Action::reset) {
    throw UsageError("--timeout-action reset: a Unix socket has no RST; write destroy");
  }
}

void TimeGroup::add_change(const std::string& name, const std::string& value, bool is_unix,
                           net::OptionChange& change) {
  if (name != "timeout" && name != "timeout-action") return;
  set_->set("--" + name, value);
  if (name == "timeout") {
    change.timeout = idle;
  } else {
    check_action(is_unix);
    change.timeout_action = action;
  }
}

}  // namespace tcpkit::cmd
