#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/nearest.h"
#include "record/glossary.h"
#include "record/lessons.h"
#include "script/arguments.h"
#include "script/fields.h"
#include "script/suggest.h"

namespace tcpkit::script {
namespace {

/// The layer of a name: that of an event, unless a record of another layer has it.
record::Layer layer_of(std::string_view name) {
  for (const record::Layer layer : {record::Layer::kernel, record::Layer::wire}) {
    const auto& names = event_names(layer);
    if (std::find(names.begin(), names.end(), name) != names.end()) return layer;
  }
  return record::Layer::event;
}

/// What can stand behind `expect`.
std::vector<std::string_view> all_event_names() {
  std::vector<std::string_view> all = event_names(record::Layer::event);
  for (const record::Layer layer : {record::Layer::kernel, record::Layer::wire}) {
    const auto& names = event_names(layer);
    all.insert(all.end(), names.begin(), names.end());
  }
  return all;
}

/// The names of RFC 9293, 3.3.2, as the kernel layer has them.
constexpr std::array<std::string_view, 11> states{
    "CLOSED",    "LISTEN",     "SYN_SENT", "SYN_RCVD", "ESTABLISHED", "FIN_WAIT1",
    "FIN_WAIT2", "CLOSE_WAIT", "CLOSING",  "LAST_ACK", "TIME_WAIT"};

constexpr std::array<std::string_view, 8> flags{"FIN", "SYN", "RST", "PSH",
                                                "ACK", "URG", "ECE", "CWR"};

/// `expect state FIN_WAIT2` is `expect state to=FIN_WAIT2`.
void add_state(Pattern& pattern, const std::string& name) {
  if (std::find(states.begin(), states.end(), name) == states.end()) {
    const std::string_view near = nearest(name, {states.begin(), states.end()});
    throw Fault(fmt::format("unknown state '{}'; {}", shown(name),
                            near.empty() ? fmt::format("the states are {}", fmt::join(states, ", "))
                                         : fmt::format("did you mean {}?", near)));
  }
  pattern.fields.push_back({"to", name, true});
}

std::string join(const std::vector<std::string_view>& names) {
  return fmt::format("{}", fmt::join(names, ", "));
}

void check_event(const std::string& name, const Dialect& dialect) {
  const record::Layer layer = layer_of(name);
  if (layer != record::Layer::event && dialect.is_unix) {
    throw Fault(fmt::format("{}: a Unix socket has no such thing; write an event, e.g. end", name));
  }
  if (layer == record::Layer::kernel) return;  // whoever traces: it costs no privilege
  if (layer == record::Layer::wire) {
    if (dialect.layers.has(layer)) return;
    throw Fault("segment belongs to the wire layer; add it, e.g. --layers call,event,wire");
  }
  const auto all = all_event_names();
  if (std::find(all.begin(), all.end(), name) == all.end()) {
    const std::string_view near = nearest(name, all);
    throw Fault(fmt::format(
        "unknown event '{}'; {}", shown(name),
        near.empty() ? "the events are " + join(all) : fmt::format("did you mean {}?", near)));
  }
  if (!dialect.listener && is_listener_event(name)) {
    throw Fault(fmt::format("{} is an event of a listener; a client's first one is connect", name));
  }
}

/// `expect segment SYN ACK`: both flags are set.
void add_flag(Pattern& pattern, const Word& word) {
  if (std::find(flags.begin(), flags.end(), word.text) == flags.end()) {
    throw Fault(fmt::format("'{}' is no flag of a segment; the flags are {}", shown(word.text),
                            fmt::join(flags, ", ")));
  }
  pattern.flags.push_back(word.text);
}

/// A record's kind and a valid pattern of it, for messages.
std::pair<std::string_view, std::string_view> example_of(const Pattern& pattern) {
  switch (pattern.layer) {
    case record::Layer::kernel:
      return {pattern.event, "e.g. ack bytesAcked=512"};
    case record::Layer::wire:
      return {pattern.event, "e.g. segment PSH len=5"};
    default:
      return {"event", "e.g. error code=ECONNRESET"};
  }
}

void add_field(Pattern& pattern, const Word& word) {
  const auto& all = field_names(pattern.layer);
  if (std::find(all.begin(), all.end(), word.text) == all.end()) {
    const std::string_view near = nearest(word.text, all);
    const auto [kind, example] = example_of(pattern);
    throw Fault(fmt::format("no {} has a field '{}'; {}", kind, shown(word.text),
                            near.empty() ? example : fmt::format("did you mean {}?", near)));
  }
  pattern.fields.push_back({word.text, *word.value, word.value_quoted});
}

void add_text(Arguments& a, Pattern& pattern, const Word& word) {
  if (pattern.event != "data") a.fail("only data has a text");
  if (!pattern.text.empty()) a.fail("there are two texts");
  if (word.text.empty()) a.fail("the text is empty");
  pattern.text = word.text;
}

/// EVENT [FIELD=VALUE]... ["TEXT"] [`word` DURATION]; true where the duration was given.
bool read_pattern(Arguments& a, Pattern& pattern, std::string_view word,
                  std::chrono::milliseconds& duration) {
  const Word& event = a.next("an EVENT");
  if (event.quoted || event.value) a.fail(fmt::format("'{}' is no event", shown(event.whole())));
  pattern.event = event.text;
  pattern.layer = layer_of(pattern.event);
  check_event(pattern.event, a.dialect());
  while (!a.at_end()) {
    const Word& next = a.next("");
    if (next.quoted) {
      add_text(a, pattern, next);
    } else if (next.value) {
      add_field(pattern, next);
    } else if (next.text == word) {
      duration = a.next_duration();
      a.expect_end();
      return true;
    } else if (pattern.event == record::kernel::State::name) {
      add_state(pattern, next.text);
    } else if (pattern.layer == record::Layer::wire) {
      add_flag(pattern, next);
    } else {
      a.fail(fmt::format("unexpected '{}'", shown(next.text)));
    }
  }
  return false;
}

/// The first clause.
std::string brief(std::string_view text) {
  std::size_t end = text.size();
  for (const std::string_view stop : {". ", "; ", ": "})
    end = std::min(end, text.find(stop));
  if (end == text.size() && text.ends_with('.')) --end;
  return std::string(text.substr(0, end));
}

std::string meaning_of(std::string_view kind, std::string_view word) {
  for (const record::Term& term : record::glossary()) {
    if (term.kind == kind && term.word == word) return brief(term.text);
  }
  return {};
}

}  // namespace

void suggest_record(Candidates& found, const std::vector<std::string>& words,
                    const std::string& limit, const std::string& head, const std::string& typed,
                    bool listener) {
  const auto add = [&](std::string_view text, std::string meaning) {
    found.add(head + std::string(text), std::move(meaning), head + typed);
  };
  if (words.empty()) {
    // A `refute` needs its duration.
    const std::string more = limit == "for" ? " " : "";
    for (const std::string_view event : all_event_names()) {
      if (!listener && is_listener_event(event)) continue;
      const auto layer = layer_of(event);
      add(std::string(event) + more, brief(record::explain(layer, record::Role::client, event)));
    }
    return;
  }
  if (std::find(words.begin(), words.end(), limit) != words.end()) return;
  const std::string& event = words.front();
  const bool is_state = event == record::kernel::State::name;
  const std::size_t equals = typed.find('=');
  if (equals != std::string::npos) {
    const std::string name = typed.substr(0, equals);
    if (!is_state || (name != "from" && name != "to")) return;
    for (const std::string_view state : states)
      add(fmt::format("{}={}", name, state), meaning_of("state", state));
    return;
  }
  if (is_state) {
    for (const std::string_view state : states)
      add(state, meaning_of("state", state));
  }
  const record::Layer layer = layer_of(event);
  if (layer == record::Layer::wire) {
    for (const std::string_view flag : flags)
      add(flag, meaning_of("flag", flag));
  }
  for (const std::string_view field : field_names(layer, event))
    add(fmt::format("{}=", field), {});
  add(limit + " ", "How long, e.g. 2s");
}

Action read_expect(Arguments& arguments) {
  Expect expect;
  read_pattern(arguments, expect.pattern, "within", expect.within);
  return expect;
}

Action read_refute(Arguments& arguments) {
  Refute refute{};
  if (!read_pattern(arguments, refute.pattern, "for", refute.duration)) {
    arguments.fail("it does not say for how long");
  }
  return refute;
}

}  // namespace tcpkit::script
