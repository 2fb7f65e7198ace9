// Files of rules, and the structure that is made of them: it finds what a plain walk through the
// rules finds, at every edge of every rule.
#include <string>
#include <string_view>
#include <vector>

#include "base/block_list.h"
#include "base/block_rule.h"
#include "require.h"

namespace tcpkit {
namespace {

bool holds(const BlockRule& rule, const Bits128& bits) {
  return rule.lowest() <= bits && bits <= rule.highest();
}

/// base/block_list.h says which rules an address of which family meets.
std::uint32_t walk(const std::vector<BlockRule>& rules, const IpNumber& address) {
  for (std::uint32_t i = 0; i < rules.size(); ++i) {
    const BlockRule& rule = rules[i];
    if (!holds(rule, address.bits)) continue;
    const bool both_mapped = first_mapped <= rule.first && rule.last <= last_mapped;
    const bool crosses = rule.family != address.family;
    if (crosses && rule.kind == BlockRule::Kind::range && !both_mapped) continue;
    return i;
  }
  return BlockList::none;
}

void check(const BlockList& list, const Bits128& bits) {
  IpNumber address{6, bits};
  fuzz::require(list.find_index(address) == walk(list.rules(), address), "the same rule, IPv6");
  if (!address.is_mapped()) return;
  address.family = 4;
  fuzz::require(list.find_index(address) == walk(list.rules(), address), "the same rule, IPv4");
}

}  // namespace
}  // namespace tcpkit

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tcpkit;
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  std::vector<BlockRule> rules;
  std::size_t line = 0;
  std::string why;
  if (!parse_block_rules(text, rules, line, why)) {
    fuzz::require_message(why);
    fuzz::require(line > 0, "a fault has its line");
  }
  constexpr std::size_t most = 200;  // the walk is quadratic
  if (rules.size() > most) rules.resize(most);
  const BlockList list(rules);
  for (const BlockRule& rule : rules) {
    std::string written;
    append_block_rule(written, rule);
    fuzz::require_message(written);
    for (const Bits128& edge : {rule.lowest(), rule.highest()}) {
      check(list, edge);
      check(list, {edge.high + static_cast<std::uint64_t>(edge.low == UINT64_MAX), edge.low + 1});
      check(list, {edge.high - static_cast<std::uint64_t>(edge.low == 0), edge.low - 1});
    }
  }
  return 0;
}
