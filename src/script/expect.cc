#include <algorithm>
#include <array>

#include "base/nearest.h"
#include "script/arguments.h"
#include "script/fields.h"

namespace tcpkit::script {
namespace {

constexpr std::string_view segment = trace::wire::Segment::name;

/// Names that are no events: they belong to layers, and this build has none of these.
void refuse_layers(const std::string& name) {
  static constexpr std::array<std::string_view, 2> kernel{"state", "ack"};
  if (std::find(kernel.begin(), kernel.end(), name) == kernel.end()) return;
  throw Fault(fmt::format(
      "{} belongs to the kernel layer, which this build does not have; expect an event such as end",
      name));
}

std::string join(const std::vector<std::string_view>& names) {
  return fmt::format("{}", fmt::join(names, ", "));
}

void check_event(const std::string& name, const Dialect& dialect) {
  if (name == segment) {
    if (dialect.layers.has(trace::Layer::wire)) return;
    throw Fault("segment belongs to the wire layer; add it, e.g. --layers call,event,wire");
  }
  const auto& all = event_names();
  if (std::find(all.begin(), all.end(), name) == all.end()) {
    refuse_layers(name);
    const std::string_view near = nearest(name, all);
    throw Fault(fmt::format(
        "unknown event '{}'; {}", shown(name),
        near.empty() ? "the events are " + join(all) : fmt::format("did you mean {}?", near)));
  }
  if (!dialect.listener && is_listener_event(name)) {
    throw Fault(fmt::format("{} is an event of a listener; a client's first one is connect", name));
  }
}

void add_flag(Pattern& pattern, const Word& word) {
  static const std::vector<std::string_view> all{"FIN", "SYN", "RST", "PSH",
                                                 "ACK", "URG", "ECE", "CWR"};
  if (std::find(all.begin(), all.end(), word.text) == all.end()) {
    throw Fault(
        fmt::format("'{}' is no flag of a segment; the flags are {}", shown(word.text), join(all)));
  }
  pattern.flags.push_back(word.text);
}

void add_field(Pattern& pattern, const Word& word) {
  const auto& all = field_names(pattern.layer);
  if (std::find(all.begin(), all.end(), word.text) == all.end()) {
    const std::string_view near = nearest(word.text, all);
    throw Fault(fmt::format(
        "no {} has a field '{}'; {}", pattern.layer == trace::Layer::wire ? segment : "event",
        shown(word.text),
        near.empty() ? pattern.layer == trace::Layer::wire ? "e.g. segment PSH len=5"
                                                           : "e.g. error code=ECONNRESET"
                     : fmt::format("did you mean {}?", near)));
  }
  pattern.fields.push_back({word.text, *word.value, word.value_quoted});
}

void add_text(Arguments& a, Pattern& pattern, const Word& word) {
  if (pattern.event != "data") a.fail("only data has a text");
  if (!pattern.text.empty()) a.fail("there are two texts");
  if (word.text.empty()) a.fail("the text is empty");
  pattern.text = word.text;
}

/// EVENT [FIELD=VALUE]... ["TEXT"] [`word` DURATION], or segment [FLAG]... [FIELD=VALUE]...; true
/// where the duration was given.
bool read_pattern(Arguments& a, Pattern& pattern, std::string_view word,
                  std::chrono::milliseconds& duration) {
  const Word& event = a.next("an EVENT");
  if (event.quoted || event.value) a.fail(fmt::format("'{}' is no event", shown(event.whole())));
  pattern.event = event.text;
  check_event(pattern.event, a.dialect());
  if (pattern.event == segment) pattern.layer = trace::Layer::wire;
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
    } else if (pattern.layer == trace::Layer::wire) {
      add_flag(pattern, next);
    } else {
      a.fail(fmt::format("unexpected '{}'", shown(next.text)));
    }
  }
  return false;
}

}  // namespace

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
