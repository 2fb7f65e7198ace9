#include "script/lab/parse.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/nearest.h"
#include "base/text.h"

namespace tcpkit::script {
namespace {

constexpr std::string_view lab_name = "lab";
constexpr std::size_t longest_name = 16;  // fits into the column of the trace
constexpr std::size_t most_actors = 32;

struct Key {
  std::string_view name;
  std::string Lab::*text;
};
constexpr std::array keys{Key{"title", &Lab::title}, Key{"question", &Lab::question},
                          Key{"lesson", &Lab::lesson}, Key{"see", &Lab::see}};

bool is_name(std::string_view text) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const auto other = [](char c) { return (c >= '0' && c <= '9') || c == '-' || c == '_'; };
  return !text.empty() && text.size() <= longest_name && letter(text.front()) &&
         std::all_of(text.begin(), text.end(), [&](char c) { return letter(c) || other(c); });
}

/// The words behind the verb, without their quotes.
std::vector<std::string> texts(const std::vector<Word>& words) {
  std::vector<std::string> all;
  for (auto word = words.begin() + 1; word != words.end(); ++word)
    all.push_back(word->whole());
  return all;
}

class Parser {
 public:
  Parser(const std::string& file, const LabDialect& dialect) : dialect_(dialect) {
    lab_.file = file;
    lab_.actors.emplace_back(lab_name);
    cast_.emplace_back();
  }

  Lab parse(std::string_view content) {
    std::size_t line = 0;
    content = skip_bom(content);
    for (std::string_view text; next_line(content, text);)
      read_line(++line, trim(text));
    const std::size_t last = std::max<std::size_t>(line, 1);
    if (lab_.title.empty()) throw SyntaxError(last, "the title is missing; write: title: TEXT");
    if (lab_.lesson.empty()) throw SyntaxError(last, "the lesson is missing; write: lesson: TEXT");
    if (cast_.size() == 1) throw SyntaxError(last, "nobody acts; write e.g. server: listen");
    return std::move(lab_);
  }

 private:
  void read_line(std::size_t line, std::string_view text) {
    if (text.empty() || text.front() == '#') return;
    const std::size_t colon = text.find(':');
    const std::string_view name = trim(text.substr(0, colon));
    if (colon == std::string_view::npos || !is_name(name)) {
      throw SyntaxError(
          line, fmt::format("'{}' is not ACTOR: STEP; write e.g. client: end", shown(text)));
    }
    const std::string_view rest = trim(text.substr(colon + 1));
    for (const Key& key : keys) {
      if (key.name != name) continue;
      if (!lab_.lines.empty()) {
        throw SyntaxError(line, fmt::format("the {} comes before the first step", name));
      }
      return add_text(lab_.*key.text, rest, key.text == &Lab::lesson);
    }
    try {
      std::string why;
      const auto words = read_words(rest, why);
      if (!words) throw Fault(why);
      if (words->empty())
        throw Fault(fmt::format("{} does nothing; write e.g. {}: end", name, name));
      const std::size_t actor = find(name, words->front());
      lab_.lines.push_back(
          {line, actor, std::string(text), read_action(line, actor, rest, *words)});
    } catch (const Fault& fault) {
      throw SyntaxError(line, fault.what());
    }
  }

  /// Several lines are one text; of a lesson an empty one begins a paragraph.
  static void add_text(std::string& all, std::string_view text, bool paragraphs) {
    if (text.empty()) {
      if (paragraphs && !all.empty() && all.back() != '\n') all += "\n\n";
      return;
    }
    if (!all.empty() && all.back() != '\n') all += ' ';
    all += text;
  }

  /// The actor of that name, made where this is its first line.
  std::size_t find(std::string_view name, const Word& verb) {
    const auto found = std::find(lab_.actors.begin(), lab_.actors.end(), name);
    if (found != lab_.actors.end()) return static_cast<std::size_t>(found - lab_.actors.begin());
    const bool opens = !verb.quoted && !verb.value &&
                       (verb.text == "listen" || verb.text == "connect" || verb.text == "udp");
    if (!opens) {
      const std::string_view near = nearest(name, {lab_.actors.begin() + 1, lab_.actors.end()});
      throw Fault(near.empty() ? fmt::format("{} has not begun; its first line is {}: listen, or "
                                             "{}: connect OTHER",
                                             name, name, name)
                               : fmt::format("there is no {}; did you mean {}?", name, near));
    }
    if (lab_.actors.size() > most_actors) {
      throw Fault(fmt::format("there are more than {} actors", most_actors));
    }
    lab_.actors.emplace_back(name);
    cast_.emplace_back();
    return cast_.size() - 1;
  }

  [[nodiscard]] const Opening* listener(std::string_view name) const {
    for (std::size_t i = 1; i < cast_.size(); ++i) {
      const bool listens = cast_[i] && cast_[i]->kind == Opening::Kind::listen;
      if (lab_.actors[i] == name && listens) return &*cast_[i];
    }
    return nullptr;
  }

  LabAction read_action(std::size_t line, std::size_t actor, std::string_view rest,
                        const std::vector<Word>& words) {
    const std::string& verb = words.front().text;
    const bool plain = !words.front().quoted && !words.front().value;
    if (plain && verb == "listen") return open(actor, Opening::Kind::listen, words);
    if (plain && verb == "connect") return open(actor, Opening::Kind::connect, words);
    if (plain && verb == "udp") return open(actor, Opening::Kind::udp, words);
    if (plain && actor == 0) {
      if (verb == "cut") return lose(words, Cable{false});
      if (verb == "heal") return lose(words, Cable{true});
    } else if (plain && cast_[actor] && cast_[actor]->kind == Opening::Kind::listen) {
      if (verb == "close") return alone(words, CloseListener{});
      if (verb == "hold") return alone(words, Hold{true});
      if (verb == "accept") return alone(words, Hold{false});
    }
    if (plain && actor != 0 && verb == "drop") return drop(actor, words);
    return step(line, actor, rest);
  }

  LabAction open(std::size_t actor, Opening::Kind kind, const std::vector<Word>& words) {
    const std::string& name = lab_.actors[actor];
    if (actor == 0) throw Fault("lab is the lab itself; write e.g. client: connect server");
    auto& before = cast_[actor];
    const bool again = before && (kind != Opening::Kind::connect || before->kind != kind);
    if (again)
      throw Fault(fmt::format("{} has begun already; give the other one another name", name));
    const auto listeners = [this](std::string_view other) { return listener(other); };
    Opening opening = dialect_.read_opening(kind, texts(words), listeners);
    opening.kind = kind;
    const bool needs_other = kind != Opening::Kind::listen;
    if (needs_other && opening.other.empty()) throw Fault("the other actor is missing");
    before = opening;
    return opening;
  }

  static LabAction alone(const std::vector<Word>& words, const LabAction& action) {
    if (words.size() == 1) return action;
    throw Fault(
        fmt::format("unexpected '{}'; write: {}", shown(words[1].whole()), words.front().text));
  }

  LabAction lose(const std::vector<Word>& words, const LabAction& action) {
    lab_.drops = true;
    return alone(words, action);
  }

  LabAction drop(std::size_t actor, const std::vector<Word>& words) {
    const bool on = words.size() == 2 && words[1].text == "on" && !words[1].value;
    const bool off = words.size() == 2 && words[1].text == "off" && !words[1].value;
    if (!on && !off) throw Fault("drop takes on or off; write: drop on");
    check_has_connection(actor, "drop");
    if (is_unix(*cast_[actor], [this](std::string_view n) { return listener(n); })) {
      throw Fault("drop: what comes in on a Unix socket is never lost; leave it out");
    }
    lab_.drops = true;
    return Drop{on};
  }

  void check_has_connection(std::size_t actor, std::string_view verb) const {
    if (cast_[actor]->kind != Opening::Kind::udp) return;
    throw Fault(fmt::format("{}: {} has no connection; only sleep and note are for it", verb,
                            lab_.actors[actor]));
  }

  Step step(std::size_t line, std::size_t actor, std::string_view rest) {
    static const Opening none{Opening::Kind::connect, {}, {}};
    const Opening& opening = actor == 0 ? none : *cast_[actor];
    Dialect dialect;
    dialect.listener = opening.kind == Opening::Kind::listen;
    dialect.layers = {record::Layer::wire};  // a lab captures it where it may
    dialect.is_unix =
        actor != 0 && is_unix(opening, [this](std::string_view n) { return listener(n); });
    dialect.read_option = [&](const std::string& name, const std::string& value, std::string& why) {
      return dialect_.read_option(opening, dialect.is_unix, name, value, why);
    };
    if (actor == 0) {
      dialect.read_option = [](const std::string&, const std::string&, std::string& why) {
        why = "the lab has no connection";
        return std::optional<net::OptionChange>();
      };
    }
    Step step = *parse_step(rest, line, dialect);
    const bool anybody =
        std::holds_alternative<Sleep>(step.action) || std::holds_alternative<Note>(step.action);
    const std::string verb(rest.substr(0, rest.find_first_of(" \t")));
    if (!anybody && actor == 0) {
      throw Fault(fmt::format("{} is for an actor; of the lab there are cut, heal, sleep and note",
                              shown(verb)));
    }
    if (!anybody) check_has_connection(actor, shown(verb));
    if (std::holds_alternative<Vanish>(step.action)) lab_.drops = true;
    return step;
  }

  const LabDialect& dialect_;
  Lab lab_;
  std::vector<std::optional<Opening>> cast_;  ///< by actor: how it began, last
};

}  // namespace

bool is_unix(const Opening& opening, const LabDialect::Listeners& listeners) {
  if (opening.endpoint.is_unix()) return true;
  if (opening.other.empty() || !opening.endpoint.host.empty()) return false;
  const Opening* other = listeners(opening.other);
  return other != nullptr && is_unix(*other, listeners);
}

std::string_view title_of(std::string_view content) {
  static constexpr std::string_view key = "title:";
  while (!content.starts_with(key)) {
    const std::size_t end = content.find('\n');
    if (end == std::string_view::npos) return {};
    content.remove_prefix(end + 1);
  }
  content.remove_prefix(key.size());
  return trim(content.substr(0, content.find('\n')));
}

Lab parse_lab(const std::string& file, std::string_view content, const LabDialect& dialect) {
  return Parser(file, dialect).parse(content);
}

}  // namespace tcpkit::script
