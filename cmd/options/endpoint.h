#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/endpoint.h"

namespace tcpkit::cmd {

/// The address of a command that takes one: one word, or nc's HOST PORT. Throws UsageError.
Endpoint read_endpoint(const std::vector<std::string>& arguments, Purpose purpose,
                       std::string_view command);

}  // namespace tcpkit::cmd
