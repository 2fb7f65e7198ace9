#include "script/parse.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "base/nearest.h"
#include "base/size.h"
#include "base/text.h"
#include "script/arguments.h"

namespace tcpkit::script {
namespace {

constexpr std::size_t most_sent = std::size_t{64} << 20;  // one write(): it waits in our queue

Action read_send(Arguments& a) {
  const Word& word = a.next("something to send");
  const std::string whole = word.whole();
  a.expect_end();
  if (word.quoted) return SendText{whole};
  if (whole == "@") a.fail("the file's name is missing behind '@'");
  if (whole.starts_with('@')) return SendFile{whole.substr(1)};
  std::string why;
  const auto size = parse_size(shown(whole), why);
  if (!size) a.fail(fmt::format("'{}' is no text in quotes, no @FILE and no size", shown(whole)));
  if (*size > most_sent) a.fail(fmt::format("'{}' is more than 64M", whole));
  return SendSize{static_cast<std::size_t>(*size)};
}

template <class T>
Action read_plain(Arguments& a) {
  a.expect_end();
  return T{};
}

template <class T>
Action read_tcp_only(Arguments& a) {
  a.expect_end();
  if (a.dialect().is_unix) {
    throw Fault(fmt::format("{}: a Unix socket has no such thing; write: destroy", a.verb()));
  }
  return T{};
}

Action read_set(Arguments& a) {
  const Word& word = a.next("NAME=VALUE");
  a.expect_end();
  if (word.quoted || !word.value || word.text.empty()) {
    a.fail(fmt::format("'{}' is not NAME=VALUE", shown(word.whole())));
  }
  std::string why;
  auto change = a.dialect().read_option(word.text, *word.value, why);
  if (!change) throw Fault(fmt::format("set {}: {}", shown(word.text), why));
  return Set{std::move(*change)};
}

Action read_sleep(Arguments& a) {
  const auto duration = a.next_duration();
  a.expect_end();
  return Sleep{duration};
}

Action read_note(Arguments& a) {
  const Word& word = a.next("a text");
  a.expect_end();
  if (!word.quoted) a.fail(fmt::format("'{}' is not in quotes", shown(word.whole())));
  return Note{word.text};
}

struct Verb {
  std::string_view name;
  std::string_view form;
  std::string_view meaning;
  Action (*read)(Arguments&);
};

constexpr std::array verbs{
    Verb{"send", R"(send "TEXT", send @FILE, send @- or send 64k)",
         "Send a text, a file or so many bytes", read_send},
    Verb{"end", "end", "Send FIN after what is queued; reading goes on", read_plain<End>},
    Verb{"destroy", "destroy", "Close at once; what is queued is lost", read_plain<Destroy>},
    Verb{"destroySoon", "destroySoon", "Close once everything queued is sent",
         read_plain<DestroySoon>},
    Verb{"reset", "reset", "Abort the connection with a RST", read_tcp_only<Reset>},
    Verb{"pause", "pause", "Stop reading", read_plain<Pause>},
    Verb{"resume", "resume", "Read again", read_plain<Resume>},
    Verb{"set", "set NAME=VALUE, e.g. set no-delay=on", "Change a socket option", read_set},
    Verb{"sleep", "sleep 250ms", "Wait for some time", read_sleep},
    Verb{"expect", R"(expect EVENT [FIELD=VALUE]... ["TEXT"] [within DURATION])",
         "Wait for a record", read_expect},
    Verb{"refute", R"(refute EVENT [FIELD=VALUE]... ["TEXT"] for DURATION)",
         "Fail if a record comes", read_refute},
    Verb{"vanish", "vanish", "Disappear without FIN or RST", read_tcp_only<Vanish>},
    Verb{"note", R"(note "TEXT")", "Write a text into the trace", read_note},
};

[[noreturn]] void unknown_verb(const Word& word) {
  if (word.quoted) throw Fault("a step begins with a verb, not with a text; e.g. send \"TEXT\"");
  std::vector<std::string_view> names(verbs.size());
  std::transform(verbs.begin(), verbs.end(), names.begin(), [](const Verb& v) { return v.name; });
  const std::string whole = word.whole();
  const std::string_view near = nearest(whole, names);
  throw Fault(
      near.empty()
          ? fmt::format("unknown step '{}'; the steps are {}", shown(whole), fmt::join(names, ", "))
          : fmt::format("unknown step '{}'; did you mean {}?", shown(whole), near));
}

}  // namespace

std::vector<StepForm> step_forms() {
  std::vector<StepForm> forms;
  forms.reserve(std::size(verbs));
  for (const Verb& v : verbs)
    forms.push_back({v.name, v.form, v.meaning});
  return forms;
}

std::optional<Step> parse_step(std::string_view text, std::size_t line, const Dialect& dialect) {
  text = trim(text);
  std::string why;
  const auto words = read_words(text, why);
  if (!words) throw SyntaxError(line, why);
  if (words->empty()) return {};
  try {
    const Word& first = words->front();
    for (const Verb& v : verbs) {
      if (first.quoted || first.value || first.text != v.name) continue;
      Arguments arguments(v.name, v.form, *words, dialect);
      return Step{line, std::string(text), v.read(arguments)};
    }
    unknown_verb(first);
  } catch (const Fault& fault) {
    throw SyntaxError(line, fault.what());
  }
}

std::vector<Step> parse_script(std::string_view content, const Dialect& dialect) {
  std::vector<Step> steps;
  std::size_t line = 0;
  content = skip_bom(content);
  for (std::string_view text; next_line(content, text);) {
    if (auto step = parse_step(text, ++line, dialect)) steps.push_back(std::move(*step));
  }
  return steps;
}

}  // namespace tcpkit::script
