#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/append.h"
#include "cmd/catalogue.h"
#include "cmd/completion.h"

namespace tcpkit::cmd {
namespace {

/// In single quotes.
std::string quote(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

std::string words_of(const Alternatives& a) {
  const std::string words = fmt::format("{}", fmt::join(a.words, " "));
  return a.list ? "(__fish_append , " + words + ")" : words;
}

/// The part of `complete` that says what the option is.
std::string describe(const OptionEntry& option) {
  std::string out;
  for (const std::string& name : option.names) {
    const bool is_long = name.starts_with("--");
    append_format(out, "{} {} ", is_long ? "-l" : "-s", name.substr(is_long ? 2 : 1));
  }
  if (!option.placeholder.empty() && !option.optional_value) {
    out += option.alternatives.file ? "-r -F " : "-x ";
  }
  if (!option.alternatives.words.empty()) {
    append_format(out, "-a {} ", quote(words_of(option.alternatives)));
  }
  return out + "-d " + quote(option.text);
}

void put_argument(std::string& out, const Command& command) {
  const Alternatives argument = argument_of(command);
  if (argument.words.empty() && !argument.file) return;
  append_format(out, "complete -c tcpkit -n '__tcpkit_at 2; and __tcpkit_in {}'", command.name);
  if (argument.file) out += " -F";
  if (!argument.words.empty()) append_format(out, " -a {}", quote(words_of(argument)));
  out += '\n';
}

}  // namespace

std::string fish_completion() {
  std::string out =
      "# Completion of tcpkit for fish, written by: tcpkit completion fish\n"
      "function __tcpkit_at\n"
      "    test (count (commandline -opc)) -eq $argv[1]\n"
      "end\n"
      "function __tcpkit_in\n"
      "    set -l words (commandline -opc)\n"
      "    test (count $words) -ge 2; and contains -- $words[2] $argv\n"
      "end\n"
      "complete -c tcpkit -f\n"
      "complete -c tcpkit -n '__tcpkit_at 1' -a help -d 'Show the help of a command'\n"
      "complete -c tcpkit -n '__tcpkit_at 1' -l help -d 'List the commands'\n"
      "complete -c tcpkit -n '__tcpkit_at 1' -l version -d 'Show the version'\n";
  // An option that several commands have is written once.
  std::vector<std::pair<std::string, std::string>> options;
  for (const Command& command : commands()) {
    for (const std::string_view where : {"__tcpkit_at 1", "__tcpkit_at 2; and __tcpkit_in help"}) {
      append_format(out, "complete -c tcpkit -n '{}' -a {} -d {}\n", where, command.name,
                    quote(command.summary));
    }
    for (const OptionEntry& option : options_of(command)) {
      const std::string what = describe(option);
      const auto known = std::find_if(options.begin(), options.end(),
                                      [&](const auto& one) { return one.first == what; });
      if (known == options.end()) {
        options.emplace_back(what, command.name);
      } else {
        known->second += " " + std::string(command.name);
      }
    }
  }
  for (const Command& command : commands())
    put_argument(out, command);
  for (const auto& [what, names] : options)
    append_format(out, "complete -c tcpkit -n '__tcpkit_in {}' {}\n", names, what);
  return out;
}

}  // namespace tcpkit::cmd
