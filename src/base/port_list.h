#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tcpkit {

/// Parses ports and ranges of ports, separated by commas: "22,80,8000-8100,http". A port is a
/// number from 1 to 65535 or a service name of /etc/services; the ends of a range are numbers.
/// Returns the ports in ascending order, each once, or nullopt, with a clause in `why` that names
/// the part that is wrong, the fault and a valid form.
std::optional<std::vector<std::uint16_t>> parse_port_list(std::string_view text, std::string& why);

}  // namespace tcpkit
