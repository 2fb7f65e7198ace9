#pragma once

#include <optional>
#include <string>

namespace tcpkit {

/// Parses a whole number in decimal, `least` to `most`. On failure returns nullopt and sets `why`
/// to a clause such as "'x' is not a whole number from 1 to 255".
std::optional<int> parse_integer(const std::string& text, int least, int most, std::string& why);

}  // namespace tcpkit
