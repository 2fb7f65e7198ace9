#pragma once

#include <string>

#include "base/candidate.h"
#include "cmd/cli/catalogue.h"

namespace tcpkit::cmd {

/// How a value may go on that has been typed up to here.
/// `listener`: the option is a server's, which has more events to wait for.
Candidates complete_value(const Alternatives& value, const std::string& typed, bool listener);

}  // namespace tcpkit::cmd
