#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tcpkit {

/// Parses a byte count: decimal digits with an optional k, M or G (1024, either case).
/// Range 0 to 2^62. On failure returns nullopt and sets `why` to a clause such as
/// "'64q' is not a size; write 4096, 64k, 1M or 2G".
std::optional<std::uint64_t> parse_size(std::string_view text, std::string& why);

}  // namespace tcpkit
