#include "script/suggest.h"

#include <string_view>
#include <vector>

#include "script/parse.h"
#include "script/words.h"

namespace tcpkit::script {
namespace {

/// A step up to the word that is being typed.
struct Typed {
  std::vector<std::string> words;  ///< those before it
  std::string head;                ///< the text before it
  std::string last;
};

/// False inside a text in quotes.
bool split(const std::string& step, Typed& typed) {
  bool quoted = false;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < step.size(); ++i) {
    if (quoted && step[i] == '\\') {
      ++i;
    } else if (step[i] == '"') {
      quoted = !quoted;
    } else if (!quoted && (step[i] == ' ' || step[i] == '\t')) {
      if (i > begin) typed.words.push_back(step.substr(begin, i - begin));
      begin = i + 1;
    }
  }
  typed.head = step.substr(0, begin);
  typed.last = step.substr(begin);
  return !quoted && typed.last.find('"') == std::string::npos;
}

void suggest_verb(Candidates& found, const Typed& typed) {
  for (const StepForm& step : step_forms()) {
    const bool alone = step.form == step.verb;
    found.add(typed.head + std::string(step.verb) + (alone ? "" : " "), std::string(step.meaning),
              typed.head + typed.last);
  }
}

}  // namespace

Candidates suggest_step(const std::string& typed_step, const SuggestDialect& dialect) {
  Candidates found;
  Typed typed;
  if (!split(typed_step, typed)) return found;
  if (typed.words.empty()) {
    suggest_verb(found, typed);
    // The only verb is taken: it goes on with what it needs.
    if (found.all.size() != 1 || !found.all.front().text.ends_with(' ')) return found;
    Candidates more = suggest_step(found.all.front().text, dialect);
    return more.all.empty() ? found : more;
  }
  const std::string verb = typed.words.front();
  typed.words.erase(typed.words.begin());
  if (verb == "set" && typed.words.empty()) {
    found = dialect.complete_option(typed.last);
    for (Candidate& one : found.all)
      one.text.insert(0, typed.head);
  } else if (verb == "send" && typed.words.empty() && typed.last.starts_with('@')) {
    found.before_file = typed.head + '@';
  } else if (verb == "expect" || verb == "refute") {
    suggest_record(found, typed.words, verb == "expect" ? "within" : "for", typed.head, typed.last,
                   dialect.listener);
  }
  return found;
}

}  // namespace tcpkit::script
