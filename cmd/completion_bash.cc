#include <fmt/format.h>

#include "base/append.h"
#include "cmd/catalogue.h"
#include "cmd/completion.h"

namespace tcpkit::cmd {
namespace {

constexpr std::string_view head = R"(# shellcheck shell=bash
# Completion of tcpkit for bash, written by: tcpkit completion bash
_tcpkit() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
  local name=$prev before='' options='' argument='' argument_files='' words='' files='' list='' value=''
  COMPREPLY=()
  # Readline makes a word of "=", unless COMP_WORDBREAKS was changed. NAME= asks for a value that
  # was given with it.
  if [[ $cur == = ]]; then
    name=$prev= cur=''
  elif [[ $prev == = ]] && ((COMP_CWORD > 2)); then
    name=${COMP_WORDS[COMP_CWORD - 2]}=
  elif [[ $cur == --*=* ]]; then
    name=${cur%%=*}= before=${cur%%=*}= cur=${cur#*=}
  fi
)";

constexpr std::string_view tail = R"(  if [[ -z $value ]]; then
    if [[ $name == --*= ]]; then return; fi
    if [[ $cur == -* ]]; then
      words=$options
    elif ((COMP_CWORD == 2)); then
      words=$argument files=$argument_files
    fi
  fi
  if [[ $list && $cur == *,* ]]; then
    before+=${cur%,*}, cur=${cur##*,}
  fi
  if [[ $files ]]; then
    compopt -o filenames
    mapfile -t COMPREPLY < <(compgen -P "$before" -f -- "$cur")
  fi
  mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -P "$before" -W "$words" -- "$cur")
  if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *= ]]; then compopt -o nospace; fi
}
complete -F _tcpkit tcpkit
)";

/// The names in a pattern: "-w | --connect-timeout | --connect-timeout=".
std::string pattern_of(const OptionEntry& option) {
  std::string pattern;
  const auto add = [&](const std::string& name) {
    pattern += (pattern.empty() ? "" : " | ") + name;
  };
  for (const std::string& name : option.names) {
    if (!option.optional_value) add(name);
    if (name.starts_with("--")) add(name + "=");
  }
  return pattern;
}

/// How the value of an option is completed: what follows its pattern.
std::string value_of(const Alternatives& a) {
  std::string out = "value=1";
  if (!a.words.empty()) out += fmt::format(" words='{}'", fmt::join(a.words, " "));
  if (a.list) out += " list=1";
  if (a.file) out += " files=1";
  return out;
}

void put_bash_command(std::string& out, const Command& command) {
  std::string names;
  std::string cases;
  std::string other_values;  // of which there is nothing to offer
  for (const OptionEntry& option : options_of(command)) {
    for (const std::string& name : option.names) {
      names += (names.empty() ? "" : " ") + name;
      if (option.optional_value) names += " " + name + "=";
    }
    if (option.placeholder.empty()) continue;
    if (option.alternatives.words.empty() && !option.alternatives.file) {
      other_values += (other_values.empty() ? "" : " | ") + pattern_of(option);
    } else {
      append_format(cases, "        {}) {} ;;\n", pattern_of(option),
                    value_of(option.alternatives));
    }
  }
  if (!other_values.empty()) append_format(cases, "        {}) value=1 ;;\n", other_values);

  append_format(out, "    {})\n      options='{}'\n", command.name, names);
  const Alternatives argument = argument_of(command);
  if (!argument.words.empty())
    append_format(out, "      argument='{}'\n", fmt::join(argument.words, " "));
  if (argument.file) out += "      argument_files=1\n";
  if (!cases.empty()) append_format(out, "      case $name in\n{}      esac\n", cases);
  out += "      ;;\n";
}

}  // namespace

std::string bash_completion() {
  std::string out(head);
  std::string names;
  for (const Command& command : commands())
    names += (names.empty() ? "" : " ") + std::string(command.name);
  append_format(
      out,
      "  local commands='{}'\n"
      "  if ((COMP_CWORD == 1)); then\n"
      "    mapfile -t COMPREPLY < <(compgen -W \"$commands help --help --version\" -- \"$cur\")\n"
      "    return\n"
      "  fi\n"
      "  case ${{COMP_WORDS[1]}} in\n"
      "    help) argument=$commands ;;\n",
      names);
  for (const Command& command : commands())
    put_bash_command(out, command);
  out += "  esac\n";
  out += tail;
  return out;
}

}  // namespace tcpkit::cmd
