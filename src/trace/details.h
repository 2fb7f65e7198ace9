#pragma once

#include <string>

#include "trace/event.h"
#include "trace/json_sink.h"

namespace tcpkit::trace {

/// Appends what a person wants to know of a record, without its name: "[::1]:80  ECONNREFUSED:
/// nothing listens there". Escaped; may be empty.
void append_details(std::string& out, const Body& body, DataView data);

}  // namespace tcpkit::trace
