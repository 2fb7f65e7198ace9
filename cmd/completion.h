#pragma once

#include <string>

namespace tcpkit::cmd {

/// The completion of each shell, a script made from the commands and their options.
std::string bash_completion();
std::string zsh_completion();
std::string fish_completion();

}  // namespace tcpkit::cmd
