// Prints the parts of the manual that are made from the declarations of the program, as mdoc(7):
//   mdoc commands             the table of commands
//   mdoc options COMMAND      the options of a command, group by group
//   mdoc examples COMMAND     its examples
// packaging/document puts them between their markers in man/.
#include <algorithm>
#include <cstdio>
#include <string>
#include <string_view>

#include "cmd/cli/catalogue.h"
#include "support.h"

namespace {

using namespace tcpkit::cmd;

/// Text inside a macro line or a text line.
std::string escape(std::string_view text) {
  std::string out;
  if (!text.empty() && (text.front() == '.' || text.front() == '\'')) out += "\\&";
  for (const char c : text) {
    if (c == '\\') {
      out += "\\e";
    } else if (c == '"') {
      out += "\\(dq";
    } else if (c == '-') {
      out += "\\-";
    } else {
      out += c;
    }
  }
  return out;
}

/// A text line, or several where it has more than 80 bytes.
void print_text(std::string_view text) {
  constexpr std::size_t longest = 80;
  std::string line;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    const std::string word = escape(text.substr(at, end - at));
    if (!line.empty() && line.size() + 1 + word.size() > longest) {
      std::puts(line.c_str());
      line.clear();
    }
    if (!line.empty()) line += ' ';
    line += word;
    at = end + 1;
  }
  std::puts(line.c_str());
}

/// An argument of a macro: what would be a delimiter or two words is held together.
std::string argument(std::string_view text) {
  std::string out = escape(text);
  if (out.find(' ') != std::string::npos) out = '"' + out + '"';
  return out;
}

/// "Cm human | json", "Cm connect | Ar DURATION".
std::string value_of(const Alternatives& a) {
  std::string out;
  for (const std::string& word : a.words)
    out += (out.empty() ? "Cm " : " | ") + argument(word);
  for (const std::string& placeholder : a.placeholders)
    out += (out.empty() ? "Ar " : " | Ar ") + argument(placeholder);
  if (a.list) out += " Ns Op \\&,...";
  return out;
}

void print_options(const Command& command) {
  std::string group;
  const auto options = options_of(command);
  for (const OptionEntry& option : options) {
    if (option.group != group) {
      if (!group.empty()) std::puts(".El");
      group = option.group;
      std::printf(".Ss %s\n.Bl -tag -width Ds\n", escape(group).c_str());
    }
    std::string line = ".It";
    for (const std::string& name : option.names) {
      if (line != ".It") line += " ,";
      line += " Fl " + escape(name.substr(1));
    }
    const std::string value = value_of(option.alternatives);
    if (option.optional_value) {
      line += " Ns Op = Ns " + value;
    } else if (!value.empty()) {
      line += " " + value;
    }
    std::puts(line.c_str());
    print_text(option.text + '.');
  }
  if (!group.empty()) std::puts(".El");
}

void print_commands() {
  std::puts(".Bl -tag -width Ds");
  for (const Command& command : commands()) {
    const std::string name(command.name);
    std::printf(".It Cm %s Ar %s\n", name.c_str(), escape(command.arguments).c_str());
    print_text(std::string(command.summary) + '.');
    std::printf("See\n.Xr tcpkit-%s 1 .\n", name.c_str());
  }
  std::puts(".El");
}

void print_examples(const Command& command) {
  std::puts(".Bd -literal -offset indent");
  for (const std::string_view example : command.examples)
    std::printf("%s\n", escape(example).c_str());
  std::puts(".Ed");
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view what = argc > 1 ? argv[1] : "";
  const Command* command = argc > 2 ? find_command(argv[2]) : nullptr;
  if (what == "commands") {
    print_commands();
  } else if (what == "options" && command != nullptr) {
    print_options(*command);
  } else if (what == "examples" && command != nullptr) {
    print_examples(*command);
  } else {
    support::usage("mdoc commands | options COMMAND | examples COMMAND");
  }
}
