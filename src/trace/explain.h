#pragma once

#include <string_view>

#include "trace/event.h"

namespace tcpkit::trace {

/// One plain sentence about what a record of this layer and name means; empty where there is none.
std::string_view explain(Layer layer, Role role, std::string_view name);

}  // namespace tcpkit::trace
