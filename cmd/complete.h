#pragma once

#include <string>
#include <vector>

#include "base/candidate.h"

namespace tcpkit::cmd {

/// What the last of the words after `tcpkit` may become. The words may be wrong: they are being
/// typed.
Candidates complete_words(const std::vector<std::string>& words);

/// `tcpkit complete -- WORDS`, which the shells ask: prints the candidates, tcpkit-completion(1)
/// has the form. The exit status.
int complete(const std::vector<std::string>& words);

}  // namespace tcpkit::cmd
