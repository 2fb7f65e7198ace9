#pragma once

#include <string>
#include <vector>

#include "cmd/cli/app.h"
#include "cmd/cli/command.h"

namespace tcpkit::cmd {

/// `tcpkit` alone: what it is, and four commands that run as printed.
std::string first_screen();

/// `tcpkit --help`: the table of commands.
std::string overview();

/// A command without arguments: what it is for, and two examples.
std::string purpose(const Command& command);

/// `tcpkit COMMAND --help`: usage, options in their groups, examples.
std::string command_help(const Command& command, const CLI::App& app);

/// Declares --help, which every command has.
void declare_help(CLI::App& app, bool& help);

/// The groups of the options, in the order of the help.
std::vector<std::string> groups_of(const CLI::App& app);

}  // namespace tcpkit::cmd
