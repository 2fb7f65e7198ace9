#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ip_number.h"

namespace tcpkit {

/// One rule of a block or allow list: Node's addAddress, addRange, addSubnet. A plain value.
struct BlockRule {
  enum class Kind : std::uint8_t { address, range, subnet };
  Bits128 first;  ///< the address; a range's first; a subnet's address with its host bits
  Bits128 last;   ///< a range's last, inclusive
  Kind kind = Kind::address;
  std::uint8_t family = 4;  ///< 4 or 6, as it was written
  std::uint8_t prefix = 0;  ///< of a subnet: 0 to 32 or 128
  bool from_file = false;   ///< it stood in a file, not on the command line

  /// The lowest and the highest address of the rule's own family that it matches.
  [[nodiscard]] Bits128 lowest() const;
  [[nodiscard]] Bits128 highest() const;
};

/// Parses "ADDRESS", "A-B" (inclusive, A not above B, one family) or "A/PREFIX". nullopt: `why` is
/// a clause naming the text, the fault and a valid form.
std::optional<BlockRule> parse_block_rule(std::string_view text, std::string& why);

/// Appends the rule as Node's BlockList.rules has it: "Address: IPv4 1.2.3.4",
/// "Range: IPv4 10.0.0.1-10.0.0.10", "Subnet: IPv6 2001:db8::/32".
void append_block_rule(std::string& out, const BlockRule& rule);
std::string to_string(const BlockRule& rule);

/// `line` without blanks, a CR and a newline at its ends.
std::string_view strip_blanks(std::string_view line);

/// Parses whole lines of a file of rules, one rule a line, and appends them to `rules`; blank lines
/// and comments are skipped. False: `why` is the clause about line number `line`. `line` counts on
/// from call to call.
bool parse_block_rules(std::string_view lines, std::vector<BlockRule>& rules, std::size_t& line,
                       std::string& why);

}  // namespace tcpkit
