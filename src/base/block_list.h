#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/address.h"
#include "base/block_rule.h"
#include "base/intervals.h"

namespace tcpkit {

/// A set of rules that is asked often: Node's net.BlockList, made once and never changed. Says
/// which rule matched: the first in the order given. A million rules take some 100 bytes each and
/// a question stays well under 100 ns.
///
/// Families mix as in Node (src/node_sockaddr.cc): IPv4 and IPv4-mapped IPv6 addresses are the same
/// to addresses and subnets, so `::/0` matches every IPv4 address; a range of IPv6 addresses
/// matches an IPv4 one only where both its ends are mapped.
class BlockList {
 public:
  explicit BlockList(std::vector<BlockRule> rules = {});

  /// In the order given; Node's `rules` is the reverse.
  [[nodiscard]] const std::vector<BlockRule>& rules() const { return rules_; }
  [[nodiscard]] bool empty() const { return rules_.empty(); }
  static constexpr std::uint32_t none = UINT32_MAX;
  /// Index in rules() of the first rule that matches, or `none`. No branch depends on the outcome,
  /// so that searches which follow closely overlap.
  [[nodiscard]] std::uint32_t find_index(const IpNumber& address) const;
  /// The first rule that matches; nullptr where there is none.
  [[nodiscard]] const BlockRule* find(const IpNumber& address) const;
  /// The same; a Unix socket matches nothing.
  [[nodiscard]] const BlockRule* find(const Address& address) const;

 private:
  using Four = Intervals<std::uint32_t>;
  using Six = Intervals<Bits128>;
  static std::vector<Four::Span> spans_of_four(const std::vector<BlockRule>& rules);
  static std::vector<Six::Span> spans_of_six(const std::vector<BlockRule>& rules);

  std::vector<BlockRule> rules_;
  /// What matches IPv4: rules of IPv4, and the part that is mapped of those of IPv6.
  Four four_;
  /// The rules of IPv6. A mapped address asks both.
  Six six_;
};

}  // namespace tcpkit
