#pragma once

#include <string>
#include <vector>

namespace tcpkit::cmd {

/// The arguments of the listening command that `words`, typed as for nc, stand for, in one line:
/// without nc's -l, -n, -p and -U.
std::string listening_line(const std::vector<std::string>& words);

/// What answers a command line that begins with no command: the line to type where there is one.
std::string answer_without_command(const std::vector<std::string>& words);

/// For an option of nc, ncat or socat that the command does not have ("-u", "--ssl"): what to type
/// instead, of all words of the command line. Empty: nobody knows it.
std::string answer_option(std::string_view command, const std::string& name,
                          const std::vector<std::string>& words);

}  // namespace tcpkit::cmd
