#include "cmd/cli/argv.h"

#include <fmt/core.h>

#include <CLI/App.hpp>
#include <algorithm>

#include "base/duration.h"
#include "base/escape.h"
#include "base/nearest.h"
#include "cmd/cli/catalogue.h"
#include "cmd/cli/netcat.h"
#include "cmd/cli/usage_error.h"

namespace tcpkit::cmd {
namespace {

[[noreturn]] void unknown(const OptionSet& set, std::string_view command, const std::string& name) {
  std::vector<std::string> names = set.long_names();
  for (std::string& one : names)
    one.insert(0, "--");
  const std::string_view near = nearest(name, {names.begin(), names.end()});
  throw UsageError(fmt::format("unknown option {}{}", display_start(name),
                               near.empty() ? fmt::format("; see tcpkit {} --help", command)
                                            : fmt::format("; did you mean {}?", near)));
}

/// True if the options are those of a command with sockets: there -l and -p are nc's.
bool has_sockets(const OptionSet& set) {
  return set.knows("-4");
}

bool takes_value(const CLI::Option& option) {
  return option.get_expected_max() > 0;
}

/// Goes through the words once.
class Reader {
 public:
  Reader(OptionSet& set, std::string_view command, const std::vector<std::string>& words)
      : set_(set), command_(command), words_(words) {}

  std::vector<std::string> read() {
    for (; at_ < words_.size(); ++at_) {
      const std::string& word = words_[at_];
      if (word == "--") {
        arguments_.insert(arguments_.end(), words_.begin() + static_cast<std::ptrdiff_t>(at_) + 1,
                          words_.end());
        break;
      }
      if (word.starts_with("--")) {
        long_option(word);
      } else if (word.size() > 1 && word.front() == '-') {
        cluster(word);
      } else {
        arguments_.push_back(word);
      }
    }
    std::reverse(options_.begin(), options_.end());  // as CLI11 wants them
    set_.parse(std::move(options_));
    return arguments_;
  }

 private:
  [[nodiscard]] const CLI::App& app() const { return set_.app(); }

  void long_option(const std::string& word) {
    const std::size_t equals = word.find('=');
    const std::string name = word.substr(0, equals);
    const CLI::Option* option = app().get_option_no_throw(name);
    if (option == nullptr) refuse(name);
    if (takes_value(*option)) {
      give(name, equals == std::string::npos ? next(name) : word.substr(equals + 1));
      return;
    }
    // CLI11 would take a flag's =false, and =NOTHING for no value.
    const std::string type = option->get_type_name();
    if (equals != std::string::npos && type.empty()) {
      throw UsageError(fmt::format("{} takes no value, and '{}' was given; write {}", name,
                                   display(word.substr(equals + 1)), name));
    }
    if (equals != std::string::npos && equals + 1 == word.size()) {
      throw UsageError(
          fmt::format("{}: '' is no value; write {} or {}={}", name, name, name, type));
    }
    options_.push_back(word);
  }

  void cluster(const std::string& word) {
    for (std::size_t i = 1; i < word.size(); ++i) {
      const std::string name{'-', word[i]};
      const CLI::Option* option = app().get_option_no_throw(name);
      if (option == nullptr) unknown_letter(word, i);
      if (!takes_value(*option)) {
        options_.push_back(name);
        continue;
      }
      std::string value = word.substr(i + 1);
      if (value.starts_with('=')) value.erase(0, 1);
      return give(name, i + 1 < word.size() ? value : next(name));
    }
  }

  [[noreturn]] void unknown_letter(const std::string& word, std::size_t at) {
    const std::string name{'-', word[at]};
    if (has_sockets(set_) && (name == "-l" || name == "-p")) {
      throw UsageError(fmt::format("unknown option {}; to listen, write: tcpkit {} {}", name,
                                   command_ == "connect" ? "listen" : command_,
                                   listening_line(words_)));
    }
    if (name == "-=") {
      throw UsageError(fmt::format("-{} takes no value; write -{}", word[at - 1], word[at - 1]));
    }
    refuse(name, at == 1 && word.size() > 2 ? word : name);
  }

  /// An option that there is not; `shown` for the message.
  [[noreturn]] void refuse(const std::string& name, const std::string& shown = {}) {
    const std::string answer =
        has_sockets(set_) ? answer_option(command_, name, words_) : std::string();
    if (!answer.empty()) throw ForeignOption(answer);
    unknown(set_, command_, shown.empty() ? name : shown);
  }

  const std::string& next(const std::string& name) {
    if (++at_ == words_.size()) {
      const CLI::Option* option = app().get_option_no_throw(name);
      throw UsageError(fmt::format("{} needs a value: {} {}", name, name, option->get_type_name()));
    }
    return words_[at_];
  }

  /// As two words: CLI11 takes the second as it is, even an empty one or one with a dash.
  void give(const std::string& name, std::string value) {
    options_.push_back(name);
    options_.push_back(std::move(value));
  }

  OptionSet& set_;
  std::string_view command_;
  const std::vector<std::string>& words_;
  std::size_t at_ = 0;
  std::vector<std::string> options_;
  std::vector<std::string> arguments_;
};

}  // namespace

std::vector<std::string> read_words(OptionSet& set, std::string_view command,
                                    const std::vector<std::string>& words) {
  return Reader(set, command, words).read();
}

std::string misplaced_value(const OptionSet& set, const std::vector<std::string>& words) {
  for (std::size_t i = 0; i + 1 < words.size() && words[i] != "--"; ++i) {
    if (!words[i].starts_with("--") || words[i].find('=') != std::string::npos) continue;
    const CLI::Option* option = set.app().get_option_no_throw(words[i]);
    if (option == nullptr || takes_value(*option)) continue;
    const std::string type = option->get_type_name();
    if (type.empty()) continue;
    const std::string& next = words[i + 1];
    const Alternatives fitting = read_alternatives(type);
    std::string ignored;
    const auto& known = fitting.words;
    const bool fits = std::find(known.begin(), known.end(), next) != known.end() ||
                      (!fitting.placeholders.empty() && parse_duration(next, ignored));
    if (!fits) continue;
    return fmt::format("{0}: its value follows '='; write {0}={1}", words[i], display(next));
  }
  return {};
}

}  // namespace tcpkit::cmd
