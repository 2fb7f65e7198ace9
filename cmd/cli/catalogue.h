#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cmd/cli/command.h"

namespace tcpkit::cmd {

/// What may stand in a value's place, read from a placeholder such as "human|json",
/// "connect|DURATION", "call|event[,...]" or "[FILE]": lower-case alternatives are words to be
/// typed as they are, FILE is a file's name, any other upper-case word stands for something else.
struct Alternatives {
  std::vector<std::string> words;
  std::vector<std::string> placeholders;  ///< "DURATION", "FILE": see cmd/complete_value.cc
  bool list = false;                      ///< several of the words, separated by commas
};

Alternatives read_alternatives(std::string_view placeholder);

/// An option as the manual and completion need it, read from its declaration.
struct OptionEntry {
  std::vector<std::string> names;  ///< with their dashes, short ones first
  std::string group;
  std::string text;
  std::string placeholder;      ///< empty: the option takes no value
  bool optional_value = false;  ///< the value may be left out, and is given with '=' only
  bool repeatable = false;
  Alternatives alternatives;
};

/// The options that are of a set, group by group.
std::vector<OptionEntry> options_of(const OptionSet& set);

/// The options of a command, --help included, group by group as --help shows them.
std::vector<OptionEntry> options_of(const Command& command);

}  // namespace tcpkit::cmd
