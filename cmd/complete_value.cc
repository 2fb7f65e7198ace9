#include "cmd/complete_value.h"

#include <algorithm>
#include <string_view>

#include "cmd/options/steps.h"
#include "os/network_names.h"
#include "script/suggest.h"

namespace tcpkit::cmd {
namespace {

void append(Candidates& to, Candidates from) {
  for (Candidate& one : from.all)
    to.all.push_back(std::move(one));
  if (from.before_file) to.before_file = std::move(from.before_file);
}

/// The NAME=VALUE of a `set`.
Candidates complete_change(const std::string& typed) {
  Candidates found;
  const std::size_t equals = typed.find('=');
  for (const OptionEntry& option : changeable_options()) {
    const std::string head = option.names.back().substr(2) + '=';
    if (equals == std::string::npos) {
      found.add(head, option.text, typed);
    } else if (typed.starts_with(head)) {
      // What may stand alone on the command line is on or off here.
      if (option.placeholder.empty() || option.optional_value) {
        found.add(head + "on", {}, typed);
        found.add(head + "off", {}, typed);
      }
      Candidates values = complete_value(option.alternatives, typed.substr(head.size()), false);
      for (Candidate& one : values.all)
        one.text.insert(0, head);
      append(found, std::move(values));
    }
  }
  return found;
}

/// "call,ev": the last of the words, and none twice.
void complete_list(Candidates& found, const Alternatives& value, const std::string& typed) {
  const std::string head = typed.substr(0, typed.rfind(',') + 1);
  const auto is_given = [&](const std::string& word) {
    return (',' + head).find(',' + word + ',') != std::string::npos;
  };
  for (const std::string& word : value.words) {
    if (!is_given(word)) found.add(head + word, {}, typed);
  }
}

void complete_placeholder(Candidates& found, std::string_view what, const std::string& typed,
                          bool listener) {
  if (what == "FILE") {
    found.before_file.emplace();
  } else if (what == "STEP") {
    append(found, script::suggest_step(typed, {listener, complete_change}));
  } else if (what == "INTERFACE") {
    for (std::string& name : os::interface_names())
      found.add(std::move(name), "network interface", typed);
  } else if (what == "ALGORITHM") {
    for (os::CongestionControl& control : os::congestion_controls()) {
      found.add(std::move(control.name),
                control.standard  ? "the system's default"
                : control.allowed ? "allowed to everyone"
                                  : "needs CAP_NET_ADMIN",
                typed);
    }
  }
}

}  // namespace

Candidates complete_value(const Alternatives& value, const std::string& typed, bool listener) {
  Candidates found;
  if (value.list) {
    complete_list(found, value, typed);
  } else {
    for (const std::string& word : value.words)
      found.add(word, {}, typed);
  }
  for (const std::string& what : value.placeholders)
    complete_placeholder(found, what, typed, listener);
  return found;
}

}  // namespace tcpkit::cmd
