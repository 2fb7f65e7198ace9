#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cmd/cli.h"

namespace tcpkit::cmd {

/// Reads a command line against the options declared on `app` and returns the arguments that are no
/// options. CLI11 gets the options only: it would split "[a,b]", send words behind "--" to the
/// wrong place, and give an optional value the next word. Throws UsageError.
std::vector<std::string> read_words(CLI::App& app, std::string_view command,
                                    const std::vector<std::string>& words);

/// The arguments of the listening command that `words`, typed as for nc, stand for: without nc's
/// -l, -n and -p.
std::string listening_line(const std::vector<std::string>& words);

}  // namespace tcpkit::cmd
