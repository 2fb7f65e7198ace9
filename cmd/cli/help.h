#pragma once

#include <string>
#include <vector>

#include "cmd/cli/command.h"
#include "cmd/cli/option_set.h"

namespace tcpkit::cmd {

/// `tcpkit` alone: what it is, and four commands that run as printed.
std::string first_screen();

/// `tcpkit --help`: the table of commands.
std::string overview();

/// A command without arguments: what it is for, and two examples.
std::string purpose(const Command& command);

/// `tcpkit COMMAND --help`: usage, options in their groups, examples.
std::string command_help(const Command& command, const OptionSet& set);

/// Declares --help, which every command has.
void declare_help(OptionSet& set, bool& help);

}  // namespace tcpkit::cmd
