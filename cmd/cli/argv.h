#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cmd/cli/option_set.h"

namespace tcpkit::cmd {

/// Reads a command line against the options of `set` and returns the arguments that are no
/// options. CLI11 gets the options only: it would split "[a,b]", send words behind "--" to the
/// wrong place, and give an optional value the next word. Throws UsageError.
std::vector<std::string> read_words(OptionSet& set, std::string_view command,
                                    const std::vector<std::string>& words);

/// How an optional value is written, where one seems to stand behind its option as a word of its
/// own: "--trace json". Empty otherwise.
std::string misplaced_value(const OptionSet& set, const std::vector<std::string>& words);

}  // namespace tcpkit::cmd
