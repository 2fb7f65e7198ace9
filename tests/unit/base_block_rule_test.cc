#include "base/block_rule.h"

#include <gtest/gtest.h>

namespace tcpkit {
namespace {

using namespace std::string_literals;

TEST(BlockRule, HasNodesText) {
  const std::pair<std::string, std::string> cases[] = {
      {"1.2.3.4", "Address: IPv4 1.2.3.4"},
      {"2001:DB8:0::1", "Address: IPv6 2001:db8::1"},
      {"::FFFF:1.2.3.4", "Address: IPv6 ::ffff:1.2.3.4"},
      {"fe80::1%eth0", "Address: IPv6 fe80::1"},
      {"fe80::1%br-lan", "Address: IPv6 fe80::1"},
      {"10.0.0.1-10.0.0.10", "Range: IPv4 10.0.0.1-10.0.0.10"},
      {"10.0.0.1-10.0.0.1", "Range: IPv4 10.0.0.1-10.0.0.1"},
      {"::-::5", "Range: IPv6 ::-::5"},
      {"fe80::1%a-b-fe80::9", "Range: IPv6 fe80::1-fe80::9"},
      {"10.1.2.3/8", "Subnet: IPv4 10.1.2.3/8"},
      {"0.0.0.0/0", "Subnet: IPv4 0.0.0.0/0"},
      {"8592:757c:efae:4e45::/64", "Subnet: IPv6 8592:757c:efae:4e45::/64"},
      {"::/0", "Subnet: IPv6 ::/0"},
      {"::1/128", "Subnet: IPv6 ::1/128"},
  };
  for (const auto& [text, expected] : cases) {
    std::string why;
    const auto rule = parse_block_rule(text, why);
    ASSERT_TRUE(rule) << text << ": " << why;
    EXPECT_EQ(to_string(*rule), expected);
  }
}

TEST(BlockRule, RefusesTheRest) {
  for (const std::string& text : {""s,
                                  " "s,
                                  "localhost"s,
                                  "1.2.3"s,
                                  "1.2.3.4 "s,
                                  "1.2.3.4/"s,
                                  "1.2.3.4/33"s,
                                  "1.2.3.4/08"s,
                                  "1.2.3.4/-1"s,
                                  "1.2.3.4/+1"s,
                                  "1.2.3.4/8/8"s,
                                  "1.2.3.4/8.0"s,
                                  "::/129"s,
                                  "::/1e1"s,
                                  "/8"s,
                                  "1.2.3.4/99999999999999999999"s,
                                  "1.2.3.4-"s,
                                  "-1.2.3.4"s,
                                  "1.2.3.4-1.2.3.3"s,
                                  "::2-::1"s,
                                  "1.2.3.4-::5"s,
                                  "1.2.3.4-1.2.3.5-1.2.3.6"s,
                                  "1.2.3.0-1.2.3.9/24"s,
                                  "[::1]"s,
                                  "1.2.3.4\0"s,
                                  "::/0\0"s,
                                  "1.2.3.4:80"s,
                                  std::string(200000, '-'),
                                  std::string(200000, '/'),
                                  "\x1b[2J"s}) {
    std::string why;
    EXPECT_FALSE(parse_block_rule(text, why)) << text;
    EXPECT_FALSE(why.empty());
    EXPECT_LT(why.size(), 600U);
    EXPECT_EQ(why.find('\x1b'), std::string::npos);
  }
}

TEST(BlockRule, ReadsFilesLineByLine) {
  std::vector<BlockRule> rules;
  std::size_t line = 0;
  std::string why;
  ASSERT_TRUE(parse_block_rules("# comment\n\n 1.2.3.4\t\r\n\r\n::1 # why\n", rules, line, why))
      << why;
  ASSERT_TRUE(parse_block_rules("10.0.0.0/8", rules, line, why)) << why;
  EXPECT_EQ(line, 6U);
  ASSERT_EQ(rules.size(), 3U);
  EXPECT_EQ(to_string(rules[0]), "Address: IPv4 1.2.3.4");
  EXPECT_EQ(to_string(rules[1]), "Address: IPv6 ::1");
  EXPECT_EQ(to_string(rules[2]), "Subnet: IPv4 10.0.0.0/8");
  EXPECT_TRUE(rules[0].from_file);

  line = 0;
  EXPECT_FALSE(parse_block_rules("1.2.3.4\n\nexample.com\n5.6.7.8\n", rules, line, why));
  EXPECT_EQ(line, 3U);
  EXPECT_NE(why.find("'example.com'"), std::string::npos);
}

}  // namespace
}  // namespace tcpkit
