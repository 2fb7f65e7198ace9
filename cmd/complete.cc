#include "cmd/complete.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>

#include "cmd/cli/catalogue.h"
#include "cmd/cli/command.h"
#include "cmd/complete_value.h"
#include "cmd/run/exit.h"
#include "trace/writer.h"

namespace tcpkit::cmd {
namespace {

using Typed = std::vector<std::string>;

bool takes_value(const OptionEntry& option) {
  return !option.placeholder.empty() && !option.optional_value;
}

/// The words after a command's name, up to the one that is being typed.
class CommandLine {
 public:
  CommandLine(const Command& command, const Typed& words)
      : command_(command), options_(options_of(command)), last_(words.back()) {
    for (auto word = words.begin(); word + 1 != words.end(); ++word)
      read(*word);
  }

  [[nodiscard]] Candidates complete() const {
    Candidates found;
    if (open_ != nullptr) {
      complete_after(found, "", *open_);
    } else if (last_.size() < 2 || !last_.starts_with('-') || only_arguments_) {
      complete_argument(found);
      if (last_ == "-" && !only_arguments_) complete_name(found);
    } else if (last_.starts_with("--")) {
      complete_long(found);
    } else {
      complete_cluster(found);
    }
    return found;
  }

 private:
  [[nodiscard]] const OptionEntry* find(const std::string& name) const {
    const auto it = std::find_if(options_.begin(), options_.end(), [&](const OptionEntry& option) {
      return std::find(option.names.begin(), option.names.end(), name) != option.names.end();
    });
    return it == options_.end() ? nullptr : &*it;
  }

  /// The first option of a cluster that takes a value, `at` after its letter; nullptr: none does,
  /// or there is an unknown one, at `at`.
  const OptionEntry* find_in_cluster(const std::string& word, std::size_t& at) const {
    for (at = 1; at < word.size(); ++at) {
      const OptionEntry* option = find({'-', word[at]});
      if (option == nullptr) return nullptr;
      if (!takes_value(*option)) continue;
      ++at;
      return option;
    }
    return nullptr;
  }

  /// Takes a word before the last.
  void read(const std::string& word) {
    if (open_ != nullptr) {
      open_ = nullptr;
    } else if (only_arguments_ || word.size() < 2 || word.front() != '-') {
      ++arguments_;
    } else if (word == "--") {
      only_arguments_ = true;
    } else if (word.starts_with("--")) {
      const OptionEntry* option = find(word);  // none with a '=' is found
      if (option != nullptr && takes_value(*option)) open_ = option;
    } else {
      std::size_t at = 0;
      const OptionEntry* option = find_in_cluster(word, at);
      if (option != nullptr && at == word.size()) open_ = option;
    }
  }

  /// The value of an option, after the `head` of the last word.
  void complete_after(Candidates& found, const std::string& head, const OptionEntry& option) const {
    const bool listener = std::any_of(options_.begin(), options_.end(),
                                      [](const OptionEntry& o) { return o.group == "Server"; });
    found = complete_value(option.alternatives, last_.substr(head.size()), listener);
    for (Candidate& one : found.all)
      one.text.insert(0, head);
    if (found.before_file) found.before_file->insert(0, head);
  }

  void complete_name(Candidates& found) const {
    for (const OptionEntry& option : options_) {
      for (const std::string& name : option.names) {
        found.add(name, option.text, last_);
        if (option.optional_value) found.add(name + '=', option.text, last_);
      }
    }
  }

  void complete_long(Candidates& found) const {
    const std::size_t equals = last_.find('=');
    if (equals == std::string::npos) return complete_name(found);
    const OptionEntry* option = find(last_.substr(0, equals));
    if (option != nullptr && !option->placeholder.empty())
      complete_after(found, last_.substr(0, equals + 1), *option);
  }

  void complete_cluster(Candidates& found) const {
    std::size_t at = 0;
    const OptionEntry* with_value = find_in_cluster(last_, at);
    if (with_value != nullptr && at < last_.size()) {
      if (last_[at] == '=') ++at;
      return complete_after(found, last_.substr(0, at), *with_value);
    }
    const std::string_view letters = std::string_view(last_).substr(1);
    if (with_value == nullptr && at < last_.size()) return;
    found.add(last_, find({'-', last_.back()})->text, last_);
    if (with_value != nullptr) return;
    for (const OptionEntry& option : options_) {
      const std::string& name = option.names.front();
      if (name.size() == 2 && letters.find(name[1]) == std::string_view::npos)
        found.add(last_ + name[1], option.text, last_);
    }
  }

  void complete_argument(Candidates& found) const {
    std::string_view form = command_.arguments.substr(0, command_.arguments.find(' '));
    const bool repeated = form.ends_with("...");
    if (arguments_ == 0 || repeated) {
      found = complete_value(read_alternatives(form), last_, false);
      if (command_.words != nullptr) {
        for (Candidate& one : command_.words())
          found.add(std::move(one.text), std::move(one.meaning), last_);
      }
    }
    static constexpr std::string_view unix_path = "unix:";
    if (last_.starts_with(unix_path) && !last_.starts_with("unix:@")) found.before_file = unix_path;
  }

  const Command& command_;
  std::vector<OptionEntry> options_;
  std::string last_;
  const OptionEntry* open_ = nullptr;  ///< takes the next word as its value
  std::size_t arguments_ = 0;
  bool only_arguments_ = false;  ///< after "--"
};

void complete_command(Candidates& found, const std::string& typed) {
  for (const Command& command : commands())
    found.add(std::string(command.name), std::string(command.summary), typed);
}

/// Of a candidate's line: shells split it at these.
bool has_control(const std::string& text) {
  return std::any_of(text.begin(), text.end(),
                     [](unsigned char c) { return c < ' ' || c == '\x7f'; });
}

}  // namespace

Candidates complete_words(const std::vector<std::string>& words) {
  Candidates found;
  if (words.empty() || has_control(words.back())) return found;
  const std::string& first = words.front();
  if (words.size() == 1) {
    complete_command(found, first);
    found.add("help", "show the help of a command", first);
    found.add("--help", "list the commands", first);
    found.add("--version", "print the version", first);
  } else if (first == "help" || first == "--help" || first == "-h") {
    if (words.size() == 2) complete_command(found, words.back());
  } else if (const Command* command = find_command(first)) {
    found = CommandLine(*command, {words.begin() + 1, words.end()}).complete();
  }
  return found;
}

int complete(const std::vector<std::string>& words) {
  const Candidates found = complete_words(words);
  std::string out;
  if (found.before_file) out += ":files\t" + *found.before_file + '\n';
  for (const Candidate& one : found.all) {
    out += one.text;
    if (!one.meaning.empty()) out += '\t' + one.meaning;
    out += '\n';
  }
  const int err = trace::write_all(STDOUT_FILENO, out);
  return static_cast<int>(err == 0 || err == EPIPE ? Exit::done : Exit::failure);
}

}  // namespace tcpkit::cmd
