#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tcpkit {

/// The form of a host name that is looked up: ASCII, international labels as xn-- (IDNA 2008 with
/// the mappings of UTS 46). This is the one rule for what a host name is: labels of letters,
/// digits,
/// '-' and '_', 1 to 63 bytes long, a name of at most 253 bytes that does not begin with '-' (RFC
/// 1123, section 2.1, and the '_' in use); one dot may end it. Numeric addresses are names, too,
/// except IPv6 ones. On failure returns nullopt and sets `why` to a clause that names the host, the
/// fault and a valid form.
std::optional<std::string> ascii_host(std::string_view host, std::string& why);

}  // namespace tcpkit
