#pragma once

#include <string>

#include "record/record.h"
#include "record/write_json.h"

namespace tcpkit::record {

/// Appends what a person wants to know of a record, without its name: "[::1]:80  ECONNREFUSED:
/// nothing listens there". Escaped; may be empty.
void append_details(std::string& out, const Body& body, DataView data);

/// A client that found no connection has a summary, too.
inline bool was_connected(const Outcome& outcome) {
  return outcome.connect_us || !outcome.attempts;
}

}  // namespace tcpkit::record
