#include <fmt/format.h>

#include "base/append.h"
#include "cmd/catalogue.h"
#include "cmd/completion.h"

namespace tcpkit::cmd {
namespace {

/// For single quotes, with a backslash before each of `special`.
std::string quote(std::string_view text, std::string_view special) {
  std::string out;
  for (const char c : text) {
    if (c == '\'') {
      out += "'\\''";
      continue;
    }
    if (special.find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

/// What _arguments completes a value with.
std::string action_of(const Alternatives& a) {
  if (a.list) return fmt::format("_values -s , word {}", fmt::join(a.words, " "));
  if (a.file && !a.words.empty()) {
    // Without the blank _arguments would add options that _alternative does not know.
    return fmt::format(" _alternative \"words:word:({})\" \"files:file:_files\"",
                       fmt::join(a.words, " "));
  }
  if (a.file) return "_files";
  if (!a.words.empty()) return fmt::format("({})", fmt::join(a.words, " "));
  return " ";
}

/// "-s+", "--local-address=", "--trace=-": how a value follows.
std::string spell(const std::string& name, const OptionEntry& option) {
  if (option.placeholder.empty()) return name;
  if (option.optional_value) return name + "=-";
  return name + (name.starts_with("--") ? "=" : "+");
}

void put_option(std::string& out, const OptionEntry& option) {
  std::string spelled;
  for (const std::string& name : option.names)
    spelled += (spelled.empty() ? "" : ",") + spell(name, option);
  const bool several = option.names.size() > 1;
  out += " \\\n        ";
  if (!several) {
    append_format(out, "'{}{}", option.repeatable ? "*" : "", spelled);
  } else if (option.repeatable) {
    append_format(out, "'*'{{{}}}'", spelled);
  } else {
    append_format(out, "'({})'{{{}}}'", fmt::join(option.names, " "), spelled);
  }
  append_format(out, "[{}]", quote(option.text, "[]\\"));
  if (!option.placeholder.empty()) {
    append_format(out, "{}{}:{}", option.optional_value ? "::" : ":",
                  quote(option.placeholder, ":\\"), action_of(option.alternatives));
  }
  out += '\'';
}

void put_zsh_command(std::string& out, const Command& command) {
  append_format(out, "    {})\n      _arguments -s -S", command.name);
  for (const OptionEntry& option : options_of(command))
    put_option(out, option);
  // An argument of which nothing is known is left out: its message would keep zsh from completing
  // options.
  const Alternatives argument = argument_of(command);
  if (!argument.words.empty() || argument.file) {
    append_format(out, " \\\n        '1:{}:{}'", quote(command.arguments, ":\\"),
                  action_of(argument));
  }
  out += "\n      ;;\n";
}

}  // namespace

std::string zsh_completion() {
  std::string out =
      "#compdef tcpkit\n"
      "# Completion of tcpkit for zsh, written by: tcpkit completion zsh\n"
      "_tcpkit() {\n"
      "  local -a commands=(\n";
  for (const Command& command : commands())
    append_format(out, "    '{}:{}'\n", command.name, quote(command.summary, "\\"));
  out +=
      "  )\n"
      "  if (( CURRENT == 2 )); then\n"
      "    _describe command commands\n"
      "    compadd -- help --help --version\n"
      "    return\n"
      "  fi\n"
      "  shift words\n"
      "  (( CURRENT-- ))\n"
      "  case $words[1] in\n"
      "    help) (( CURRENT == 2 )) && _describe command commands ;;\n";
  for (const Command& command : commands())
    put_zsh_command(out, command);
  out +=
      "  esac\n"
      "}\n"
      "# Either a file in fpath, or read with source.\n"
      "if [[ $funcstack[1] == _tcpkit ]]; then\n"
      "  _tcpkit \"$@\"\n"
      "else\n"
      "  compdef _tcpkit tcpkit\n"
      "fi\n";
  return out;
}

}  // namespace tcpkit::cmd
