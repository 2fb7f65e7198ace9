#include "cmd/cli/help.h"

#include <fmt/format.h>

#include <iterator>

#include "base/append.h"
#include "cmd/cli/catalogue.h"
#include "cmd/cli/declare.h"

namespace tcpkit::cmd {
namespace {

constexpr std::size_t column = 38;  // where descriptions begin
constexpr std::size_t width = 80;

/// "-w, --connect-timeout DURATION", "--trace[=human|json]".
std::string spell(const OptionEntry& option) {
  const char* margin = option.names.front().starts_with("--") ? "    " : "";
  std::string text = fmt::format("{}{}", margin, fmt::join(option.names, ", "));
  if (option.placeholder.empty()) return text;
  if (option.optional_value) return fmt::format("{}[={}]", text, option.placeholder);
  return fmt::format("{} {}", text, option.placeholder);
}

/// `text` in lines that begin at the column.
void put_description(std::string& out, std::size_t used, std::string_view text) {
  if (used + 2 > column) {
    out += '\n';
    used = 0;
  }
  out.append(column - used, ' ');
  std::size_t at = column;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    if (at != column && at + 1 + word.size() > width) {
      out += '\n';
      out.append(column, ' ');
      at = column;
    } else if (at != column) {
      out += ' ';
      ++at;
    }
    out += word;
    at += word.size();
    text.remove_prefix(std::min(word.size() + 1, text.size()));
  }
  out += '\n';
}

void put_examples(std::string& out, const Command& command) {
  out += "\nExamples:\n";
  for (const std::string_view example : command.examples)
    append_format(out, "  {}\n", example);
}

}  // namespace

std::string first_screen() {
  return "tcpkit shows what a TCP connection really does. Try, in two terminals:\n"
         "\n"
         "  tcpkit echo 127.0.0.1:5000 --trace             a server that sends everything back\n"
         "  tcpkit connect 127.0.0.1:5000 --trace          a client; type, then press Ctrl-D\n"
         "  tcpkit listen 127.0.0.1:5001 --trace           a server for one connection\n"
         "  echo hello | tcpkit connect :5001 --trace --explain\n"
         "\n"
         "tcpkit --help lists the commands.\n";
}

std::string overview() {
  std::string out = "usage: tcpkit COMMAND [OPTIONS] [ARGUMENTS]\n\nCommands:\n";
  for (const Command& c : commands()) {
    const std::string spelled = fmt::format("  {} {}", c.name, c.arguments);
    out += spelled;
    put_description(out, spelled.size(), c.summary);
  }
  out +=
      "\n"
      "tcpkit COMMAND --help shows its options. An address is HOST:PORT, [IPV6]:PORT,\n"
      ":PORT, PORT, HOST PORT, unix:PATH, or unix:@NAME.\n"
      "\n"
      "Exit status: 0 done, 1 other failure, 2 usage, 3 lookup failed, 4 refused,\n"
      "5 timed out, 6 reset by the peer, 7 blocked, 8 an expectation failed,\n"
      "128+N ended by signal N.\n";
  return out;
}

std::string purpose(const Command& command) {
  std::string out = fmt::format("tcpkit {}: {}\n", command.name, command.summary);
  put_examples(out, command);
  append_format(out, "\ntcpkit {} --help shows all options.\n", command.name);
  return out;
}

std::string command_help(const Command& command, const OptionSet& set) {
  std::string out = fmt::format("usage: tcpkit {} [OPTIONS] {}\n\n{}\n", command.name,
                                command.arguments, command.summary);
  std::string group;
  for (const OptionEntry& option : options_of(set)) {
    if (option.group != group) append_format(out, "\n{}:\n", option.group);
    group = option.group;
    const std::string spelled = "  " + spell(option);
    out += spelled;
    put_description(out, spelled.size(), option.text);
  }
  put_examples(out, command);
  return out;
}

void declare_help(OptionSet& set, bool& help) {
  Group(set, "Help").flag("-h,--help", help, "Show this help");
}

}  // namespace tcpkit::cmd
