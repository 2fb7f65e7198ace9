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

/// The layers whose records have short names; those of the others are typed with the layer in
/// front, e.g. call:write, since many calls are named as events are.
constexpr std::array short_layers{record::Layer::event, record::Layer::kernel, record::Layer::wire};

/// What is typed for a kind of record.
std::string typed_name(const record::Kind& kind) {
  const bool is_short =
      std::find(short_layers.begin(), short_layers.end(), kind.layer) != short_layers.end();
  return is_short ? std::string(kind.name)
                  : fmt::format("{}:{}", record::to_string(kind.layer), kind.name);
}

/// The kind that is meant by `name` or LAYER:NAME; nullptr: none.
const record::Kind* find_typed(std::string_view name) {
  for (const record::Layer layer : short_layers) {
    if (const record::Kind* kind = record::find_kind(layer, name)) return kind;
  }
  for (const record::Kind& kind : record::all_kinds()) {
    const std::string_view layer = record::to_string(kind.layer);
    if (name.size() == layer.size() + 1 + kind.name.size() && name.starts_with(layer) &&
        name[layer.size()] == ':' && name.ends_with(kind.name)) {
      return &kind;
    }
  }
  return nullptr;
}

/// What can stand after `expect`.
std::vector<std::string> all_typed_names() {
  std::vector<std::string> all;
  for (const record::Kind& kind : record::all_kinds())
    all.push_back(typed_name(kind));
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

[[noreturn]] void unknown_event(const std::string& name) {
  for (const record::Layer layer : {record::Layer::call, record::Layer::note}) {
    if (const record::Kind* kind = record::find_kind(layer, name)) {
      throw Fault(fmt::format("{} is no event but a {}; write {}", name, record::to_string(layer),
                              typed_name(*kind)));
    }
  }
  const auto all = all_typed_names();
  const std::string_view near = nearest(name, {all.begin(), all.end()});
  if (!near.empty()) {
    throw Fault(fmt::format("unknown event '{}'; did you mean {}?", shown(name), near));
  }
  std::vector<std::string_view> events;
  for (const record::Kind& kind : record::all_kinds()) {
    if (kind.layer == record::Layer::event) events.push_back(kind.name);
  }
  throw Fault(fmt::format("unknown event '{}'; the events are {}; see tcpkit-steps(5) for others",
                          shown(name), fmt::join(events, ", ")));
}

const record::Kind& read_kind(const std::string& name, const Dialect& dialect) {
  const record::Kind* kind = find_typed(name);
  if (kind == nullptr) unknown_event(name);
  const bool is_wire = kind->layer == record::Layer::wire;
  if (dialect.is_unix && (is_wire || kind->layer == record::Layer::kernel)) {
    throw Fault(fmt::format("{}: a Unix socket has no such thing; write an event, e.g. end", name));
  }
  // The kernel is asked whoever traces: it costs no privilege.
  if (is_wire && !dialect.layers.has(kind->layer)) {
    throw Fault("segment belongs to the wire layer; add it, e.g. --layers call,event,wire");
  }
  if (!dialect.listener && kind->of_listener) {
    throw Fault(fmt::format("{} is an event of a listener; a client's first one is connect", name));
  }
  return *kind;
}

/// `expect segment SYN ACK`: both flags are set.
void add_flag(Pattern& pattern, const Word& word) {
  if (std::find(flags.begin(), flags.end(), word.text) == flags.end()) {
    throw Fault(fmt::format("'{}' is no flag of a segment; the flags are {}", shown(word.text),
                            fmt::join(flags, ", ")));
  }
  pattern.flags.push_back(word.text);
}

void add_field(Pattern& pattern, const Word& word) {
  const record::Kind& kind = *pattern.kind;
  const bool is_event = kind.layer == record::Layer::event;
  const auto all = is_event ? event_field_names() : field_names(kind);
  if (std::find(all.begin(), all.end(), word.text) == all.end()) {
    const std::string_view near = nearest(word.text, all);
    std::string hint = "it has none";
    if (!near.empty()) {
      hint = fmt::format("did you mean {}?", near);
    } else if (is_event) {
      hint = "e.g. error code=ECONNRESET";
    } else if (!all.empty()) {
      hint = fmt::format("it has {}", fmt::join(all, ", "));
    }
    throw Fault(fmt::format("no {} has a field '{}'; {}", is_event ? "event" : typed_name(kind),
                            shown(word.text), hint));
  }
  pattern.fields.push_back({word.text, *word.value, word.value_quoted});
}

void add_text(Arguments& a, Pattern& pattern, const Word& word) {
  if (!pattern.is<record::ev::Data>()) a.fail("only data has a text");
  if (!pattern.text.empty()) a.fail("there are two texts");
  if (word.text.empty()) a.fail("the text is empty");
  pattern.text = word.text;
}

/// EVENT [FIELD=VALUE]... ["TEXT"] [`word` DURATION]; true where the duration was given.
bool read_pattern(Arguments& a, Pattern& pattern, std::string_view word,
                  std::chrono::milliseconds& duration) {
  const Word& event = a.next("an EVENT");
  if (event.quoted || event.value) a.fail(fmt::format("'{}' is no event", shown(event.whole())));
  pattern.kind = &read_kind(event.text, a.dialect());
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
    } else if (pattern.is<record::kernel::State>()) {
      add_state(pattern, next.text);
    } else if (pattern.is<record::wire::Segment>()) {
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
    for (const record::Kind& kind : record::all_kinds()) {
      if (!listener && kind.of_listener) continue;
      add(typed_name(kind) + more, brief(record::explain(kind.layer, kind.name)));
    }
    return;
  }
  if (std::find(words.begin(), words.end(), limit) != words.end()) return;
  const record::Kind* kind = find_typed(words.front());
  if (kind == nullptr) return;
  const bool is_state = record::is_one_of<record::kernel::State>(*kind);
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
  if (record::is_one_of<record::wire::Segment>(*kind)) {
    for (const std::string_view flag : flags)
      add(flag, meaning_of("flag", flag));
  }
  for (const std::string_view field : field_names(*kind))
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
