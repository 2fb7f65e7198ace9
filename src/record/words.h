#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "record/record.h"
#include "record/write_json.h"

namespace tcpkit::record {

/// Appends what a person wants to know of a record, without its name: "[::1]:80  ECONNREFUSED:
/// nothing listens there". Escaped; may be empty.
void append_details(std::string& out, const Body& body, DataView data);

/// "1 byte", "5 bytes".
std::string count_bytes(std::uint64_t bytes);

/// An IPv4 address in IPv6 form (::ffff:192.0.2.1) as IPv4; others as they are.
std::string_view plain_host(std::string_view host);

/// A client that found no connection has a summary, too.
inline bool was_connected(const Outcome& outcome) {
  return outcome.connect_us || !outcome.attempts;
}

}  // namespace tcpkit::record
