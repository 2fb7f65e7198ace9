#include "record/lessons.h"

#include <fmt/core.h>
#include <strings.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <map>

#include "base/advice.h"
#include "base/error.h"
#include "base/escape.h"
#include "base/nearest.h"
#include "cmd/cli/catalogue.h"
#include "cmd/cli/command.h"
#include "cmd/cli/usage_error.h"
#include "cmd/run/exit.h"
#include "diagram/width.h"
#include "record/glossary.h"
#include "trace/writer.h"

namespace tcpkit::cmd {
namespace {

/// What is known of one meaning of a word.
struct Entry {
  std::string kind;
  std::string word;
  std::string text;
  std::string lab;
};

std::string kind_of(record::Layer layer) {
  switch (layer) {
    case record::Layer::call:
      return "call";
    case record::Layer::event:
      return "event";
    case record::Layer::kernel:
      return "kernel record";
    case record::Layer::wire:
      return "wire record";
    case record::Layer::note:
      break;
  }
  return "note";
}

void add_options(std::vector<Entry>& entries) {
  // Of one name and text on several commands: once, with all of them.
  std::map<std::pair<std::string, std::string>, std::string> found;
  for (const Command& command : commands()) {
    for (const OptionEntry& option : options_of(command)) {
      for (const std::string& name : option.names) {
        std::string& on = found[{name, option.text}];
        on += fmt::format("{}{}", on.empty() ? "" : ", ", command.name);
      }
    }
  }
  for (const auto& [key, on] : found)
    entries.push_back({"option", key.first, fmt::format("{} (of {})", key.second, on), ""});
}

/// Those that the glossary does not have with a lab: of the advice, and every other one that a
/// system call may give.
void add_error_codes(std::vector<Entry>& entries) {
  static constexpr int most = 255;  // the kernel's go up to 133
  const auto add = [&](std::string_view code, std::string text) {
    const bool there = std::any_of(entries.begin(), entries.end(),
                                   [&](const Entry& entry) { return entry.word == code; });
    if (!there) entries.push_back({"error code", std::string(code), std::move(text), ""});
  };
  for (const std::string_view code : advised_codes())
    if (!error_advice(code).empty()) add(code, std::string(error_advice(code)));
  for (int err = 1; err <= most; ++err) {
    const std::string code = errno_code(err);
    if (code != fmt::format("E{}", err)) add(code, errno_text(err));
  }
}

std::vector<Entry> all_entries() {
  std::vector<Entry> entries;
  for (const record::Sentence& s : record::all_sentences()) {
    const bool is_call = s.layer == record::Layer::call;
    entries.push_back({kind_of(s.layer), std::string(s.name) + (is_call ? "()" : ""),
                       std::string(s.text), std::string(s.lab)});
  }
  for (const record::Term& t : record::glossary()) {
    const std::string_view text = t.text.empty() ? error_advice(t.word) : t.text;
    entries.push_back(
        {std::string(t.kind), std::string(t.word), std::string(text), std::string(t.lab)});
  }
  add_error_codes(entries);
  add_options(entries);
  return entries;
}

/// `explain end`, `explain end()`, `explain fin_wait2`, `explain no-delay`.
bool is_meant(const Entry& entry, const std::string& word) {
  std::string_view name = entry.word;
  const auto same = [&](std::string_view text) {
    return text.size() == word.size() && ::strncasecmp(text.data(), word.data(), text.size()) == 0;
  };
  if (same(name)) return true;
  if (name.ends_with("()")) return same(name.substr(0, name.size() - 2));
  return name.starts_with("--") && same(name.substr(2));
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

/// Without the dashes of an option and the brackets of a call.
std::string_view bare(std::string_view word) {
  word.remove_prefix(std::min(word.find_first_not_of('-'), word.size()));
  if (word.ends_with("()")) word.remove_suffix(2);
  return word;
}

/// At most three, the nearest first.
std::string nearest_words(const std::string& word, const std::vector<Entry>& entries) {
  std::map<std::string, std::string> words;  // by what may be typed, in lower case
  for (const Entry& entry : entries)
    words[lower(bare(entry.word))] = entry.word;
  std::string found;
  static constexpr int most = 3;
  for (int i = 0; i < most; ++i) {
    std::vector<std::string_view> candidates;
    candidates.reserve(words.size());
    for (const auto& [key, text] : words)
      candidates.push_back(key);
    const std::string near(nearest(lower(bare(word)), candidates));
    if (near.empty()) break;
    found += fmt::format("{}{}", i == 0 ? "" : ", ", words[near]);
    words.erase(near);
  }
  return found;
}

/// Lines of at most 80 columns, indented.
void append_wrapped(std::string& out, std::string_view text) {
  static constexpr std::string_view indent = "    ";
  static constexpr std::size_t width = 80 - indent.size();
  for (const std::string& line : diagram::wrap(text, width))
    (out.append(indent) += line) += '\n';
}

class Explain : public Program {
 public:
  void declare(OptionSet& /*set*/) override {}

  void accept(const std::vector<std::string>& arguments) override {
    if (arguments.empty()) throw UsageError("the word is missing; e.g. tcpkit explain TIME_WAIT");
    words_ = arguments;
  }

  int run() override {
    const std::vector<Entry> entries = all_entries();
    Exit status = Exit::done;
    std::string out;
    for (const std::string& word : words_) {
      const std::size_t before = out.size();
      for (const Entry& entry : entries) {
        if (is_meant(entry, word)) append(out, entry);
      }
      if (out.size() == before) {
        status = Exit::failure;
        complain(word, entries);
      }
    }
    const int err = trace::write_all(STDOUT_FILENO, out);
    if (err != 0 && err != EPIPE) {
      trace::write_all(STDERR_FILENO,
                       "tcpkit explain: cannot write stdout: " + errno_text(err) + "\n");
      status = Exit::failure;
    }
    return static_cast<int>(status);
  }

 private:
  static void append(std::string& out, const Entry& entry) {
    out += fmt::format("{} {}\n", entry.kind, entry.word);
    append_wrapped(out, entry.text);
    if (!entry.lab.empty()) out += fmt::format("    See it: tcpkit lab {}\n", entry.lab);
  }

  static void complain(const std::string& word, const std::vector<Entry>& entries) {
    const std::string near = nearest_words(word, entries);
    trace::write_all(
        STDERR_FILENO,
        fmt::format("tcpkit explain: '{}' is no event, state, flag, option or error code{}\n",
                    display_start(word), near.empty() ? "" : "; the nearest: " + near));
  }

  std::vector<std::string> words_;
};

}  // namespace

std::vector<Candidate> explained_words() {
  std::map<std::string, std::string> kinds;  // by word
  const auto add = [&](std::string_view word, const std::string& kind) {
    std::string& all = kinds[std::string(word)];
    if (all.find(kind) == std::string::npos) all += (all.empty() ? "" : ", ") + kind;
  };
  for (const record::Sentence& s : record::all_sentences())
    add(s.name, kind_of(s.layer));
  for (const record::Term& t : record::glossary())
    add(t.word, std::string(t.kind));
  for (const std::string_view code : advised_codes())
    add(code, "error code");
  std::vector<Candidate> words;
  words.reserve(kinds.size());
  for (const auto& [word, kind] : kinds)
    words.push_back({word, kind});
  return words;
}

std::unique_ptr<Program> make_explain() {
  return std::make_unique<Explain>();
}

}  // namespace tcpkit::cmd
