#include "base/block_list.h"

#include <netinet/in.h>

#include <cstring>
#include <utility>

namespace tcpkit {
namespace {

Bits128 next(Bits128 key) {
  if (++key.low == 0) ++key.high;
  return key;
}

Bits128 before(Bits128 key) {
  if (key.low-- == 0) --key.high;
  return key;
}

/// A range whose ends are not both mapped has nothing to do with IPv4, although mapped addresses
/// may lie in it (Node compares an IPv4 address with each end, and only mapped ones compare).
bool speaks_of_four(const BlockRule& rule) {
  const bool mapped_ends =
      IpNumber{6, rule.first}.is_mapped() && IpNumber{6, rule.last}.is_mapped();
  return rule.kind != BlockRule::Kind::range || mapped_ends;
}

std::optional<IpNumber> number_of(const Address& address) {
  if (address.family() == 4) {
    sockaddr_in four{};
    std::memcpy(&four, address.get(), sizeof four);
    return IpNumber::from_ipv4(ntohl(four.sin_addr.s_addr));
  }
  if (address.family() != 6) return {};
  sockaddr_in6 six{};
  std::memcpy(&six, address.get(), sizeof six);
  return IpNumber::from_ipv6(six.sin6_addr);
}

}  // namespace

BlockList::BlockList(std::vector<BlockRule> rules)
    : rules_(std::move(rules)),
      four_(
          spans_of_four(rules_), [](std::uint32_t k) { return k + 1; },
          [](std::uint32_t k) { return k - 1; }),
      six_(spans_of_six(rules_), next, before) {}

std::vector<BlockList::Four::Span> BlockList::spans_of_four(const std::vector<BlockRule>& rules) {
  std::vector<Four::Span> spans;
  spans.reserve(rules.size());
  for (std::uint32_t i = 0; i < rules.size(); ++i) {
    const BlockRule& rule = rules[i];
    if (!speaks_of_four(rule)) continue;
    const Bits128 lowest = std::max(rule.lowest(), first_mapped);
    const Bits128 highest = std::min(rule.highest(), last_mapped);
    if (highest < lowest) continue;
    spans.push_back(
        {static_cast<std::uint32_t>(lowest.low), static_cast<std::uint32_t>(highest.low), i});
  }
  return spans;
}

std::vector<BlockList::Six::Span> BlockList::spans_of_six(const std::vector<BlockRule>& rules) {
  std::vector<Six::Span> spans;
  for (std::uint32_t i = 0; i < rules.size(); ++i) {
    if (rules[i].family == 6) spans.push_back({rules[i].lowest(), rules[i].highest(), i});
  }
  return spans;
}

std::uint32_t BlockList::find_index(const IpNumber& address) const {
  static_assert(none == Four::none && none == Six::none);  // and above every number
  std::uint32_t number = none;
  if (address.is_mapped()) number = four_.find(address.ipv4());
  if (address.family == 6) number = std::min(number, six_.find(address.bits));
  return number;
}

const BlockRule* BlockList::find(const IpNumber& address) const {
  const std::uint32_t index = find_index(address);
  return index == none ? nullptr : &rules_[index];
}

const BlockRule* BlockList::find(const Address& address) const {
  const auto number = number_of(address);
  return number ? find(*number) : nullptr;
}

}  // namespace tcpkit
