#include "base/block_list.h"

#include <gtest/gtest.h>

#include <random>

#include "base/peer_rules.h"

namespace tcpkit {
namespace {

BlockList make(const std::vector<std::string>& texts) {
  std::vector<BlockRule> rules;
  std::string why;
  for (const std::string& text : texts)
    rules.push_back(parse_block_rule(text, why).value());
  return BlockList(std::move(rules));
}

/// The text of the rule that matches, or "".
std::string match(const BlockList& list, const std::string& address) {
  const BlockRule* rule = list.find(parse_ip_number(address).value());
  return rule == nullptr ? "" : to_string(*rule);
}

bool matches(const std::string& rule, const std::string& address) {
  return !match(make({rule}), address).empty();
}

TEST(BlockList, MixesFamiliesAsNodeDoes) {
  EXPECT_TRUE(matches("1.2.3.4", "::ffff:1.2.3.4"));
  EXPECT_TRUE(matches("::ffff:1.2.3.4", "1.2.3.4"));
  EXPECT_FALSE(matches("1.2.3.4", "::1.2.3.4"));
  EXPECT_TRUE(matches("::/0", "9.9.9.9"));
  EXPECT_TRUE(matches("::ffff:0.0.0.0/96", "9.9.9.9"));
  EXPECT_TRUE(matches("::ffff:1.2.3.4/24", "9.9.9.9"));
  EXPECT_FALSE(matches("::1.2.3.4/120", "1.2.3.4"));
  EXPECT_TRUE(matches("0.0.0.0/0", "::ffff:9.9.9.9"));
  EXPECT_FALSE(matches("0.0.0.0/0", "::9.9.9.9"));
  EXPECT_TRUE(matches("1.2.3.4-1.2.3.9", "::ffff:1.2.3.5"));
  EXPECT_TRUE(matches("::ffff:1.2.3.4-::ffff:1.2.3.9", "1.2.3.5"));
  // A range whose ends are not both mapped.
  EXPECT_FALSE(matches("::-ffff::", "1.2.3.4"));
  EXPECT_TRUE(matches("::-ffff::", "::ffff:1.2.3.4"));
  EXPECT_FALSE(matches("::-::ffff:1.2.3.9", "1.2.3.4"));
  EXPECT_FALSE(matches("::ffff:1.2.3.4-::1:0:0:0", "1.2.3.5"));
}

TEST(BlockList, GivesTheFirstRuleInTheOrderGiven) {
  const BlockList list =
      make({"10.1.0.0/16", "10.0.0.0/8", "10.1.2.3", "::/0", "10.1.2.3", "0.0.0.0/0"});
  EXPECT_EQ(match(list, "10.1.2.3"), "Subnet: IPv4 10.1.0.0/16");
  EXPECT_EQ(match(list, "10.2.0.0"), "Subnet: IPv4 10.0.0.0/8");
  EXPECT_EQ(match(list, "::ffff:10.2.0.0"), "Subnet: IPv4 10.0.0.0/8");
  EXPECT_EQ(match(list, "11.0.0.0"), "Subnet: IPv6 ::/0");
  EXPECT_EQ(match(list, "::1"), "Subnet: IPv6 ::/0");
  EXPECT_EQ(list.rules().size(), 6U);
}

/// Each address against each rule, by the rules of Node's BlockList alone.
bool brute(const BlockRule& rule, const IpNumber& address) {
  const bool mapped_range =
      IpNumber{6, rule.first}.is_mapped() && IpNumber{6, rule.last}.is_mapped();
  if (rule.kind == BlockRule::Kind::range && address.family == 4 && !mapped_range) return false;
  return rule.lowest() <= address.bits && address.bits <= rule.highest();
}

TEST(BlockList, AgreesWithTryingAllRules) {
  std::mt19937 random(1);
  const auto number = [&] {
    // Close together, and around the edges of what is mapped.
    static constexpr Bits128 bases[] = {
        {0, 0}, {0, 0xfffeffffff00}, {0, 0xffff00000000}, {0, 0xffff0a000000}, {0, 0xffffffffff00},
        {1, 0}};
    Bits128 bits = bases[random() % std::size(bases)];
    bits.low += random() % 512;
    const IpNumber result{6, bits};
    return result.is_mapped() && random() % 2 == 0 ? IpNumber{4, bits} : result;
  };
  for (int round = 0; round < 200; ++round) {
    std::vector<BlockRule> rules;
    for (auto i = random() % 30; i > 0; --i) {
      const IpNumber a = number();
      const IpNumber b = number();
      BlockRule rule;
      rule.family = static_cast<std::uint8_t>(a.family);
      rule.kind = static_cast<BlockRule::Kind>(random() % 3);
      rule.first = a.bits;
      rule.prefix = static_cast<std::uint8_t>(random() % (a.family == 4 ? 33 : 129));
      if (rule.kind == BlockRule::Kind::range) {
        if (a.family != b.family) continue;
        rule.first = std::min(a.bits, b.bits);
        rule.last = std::max(a.bits, b.bits);
      }
      rules.push_back(rule);
    }
    const BlockList list(rules);
    for (int i = 0; i < 200; ++i) {
      const IpNumber address = number();
      const auto first = std::find_if(list.rules().begin(), list.rules().end(),
                                      [&](const BlockRule& r) { return brute(r, address); });
      const BlockRule* expected = first == list.rules().end() ? nullptr : &*first;
      ASSERT_EQ(list.find(address), expected);
    }
  }
}

TEST(PeerRules, ABlockWins) {
  const PeerRules rules(make({"127.0.0.2"}), make({"127.0.0.0/8"}));
  const auto check = [&](const char* ip) { return rules.check(*Address::from_ip(ip, 80)); };
  EXPECT_TRUE(rules.active());
  EXPECT_FALSE(check("127.0.0.1"));
  EXPECT_FALSE(check("::ffff:127.0.0.1"));
  EXPECT_EQ(check("127.0.0.2")->rule, "Address: IPv4 127.0.0.2");
  EXPECT_EQ(check("127.0.0.2")->list, "block");
  EXPECT_EQ(check("::1")->rule, std::nullopt);
  EXPECT_EQ(check("::1")->list, "allow");
  EXPECT_EQ(check("::1")->option, "--allow");
}

TEST(PeerRules, AnEmptyAllowListRejectsNobody) {
  const PeerRules rules{BlockList(), BlockList()};
  EXPECT_FALSE(rules.active());
  EXPECT_FALSE(rules.check(*Address::from_ip("127.0.0.1", 80)));
}

}  // namespace
}  // namespace tcpkit
