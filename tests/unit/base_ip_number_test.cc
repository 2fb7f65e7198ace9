#include "base/ip_number.h"

#include <gtest/gtest.h>

#include <random>

#include "base/address.h"

namespace tcpkit {
namespace {

using namespace std::string_literals;

std::string text_of(const IpNumber& number) {
  std::string text;
  append_ip_number(text, number);
  return text;
}

/// The same answer, and the same text, as the parser of Address gives.
void expect_as_address(const std::string& text) {
  const auto number = parse_ip_number(text);
  ASSERT_EQ(number ? number->family : 0, is_ip(text)) << text;
  const auto address = Address::from_ip(text.substr(0, text.find('%')), 0);
  if (!number || !address) return;
  EXPECT_EQ(text_of(*number), address->host()) << text;
}

TEST(IpNumber, AgreesWithAddress) {
  for (const std::string& text : {"0.0.0.0"s,
                                  "255.255.255.255"s,
                                  "256.0.0.1"s,
                                  "1.2.3"s,
                                  "1.2.3.4.5"s,
                                  "01.2.3.4"s,
                                  "1.2.3.04"s,
                                  "1.2.3.4 "s,
                                  " 1.2.3.4"s,
                                  "1..2.3"s,
                                  "1.2.3."s,
                                  ".1.2.3"s,
                                  "1.2.3.1000"s,
                                  "+1.2.3.4"s,
                                  ""s,
                                  "-"s,
                                  "::"s,
                                  "::1"s,
                                  ":::"s,
                                  "1:2:3:4:5:6:7:8"s,
                                  "1:2:3:4:5:6:7:8:9"s,
                                  "::ffff:1.2.3.4"s,
                                  "::FFFF:1.2.3.4"s,
                                  "::1.2.3.4"s,
                                  "::ffff:01.2.3.4"s,
                                  "fe80::1%eth0"s,
                                  "fe80::1%"s,
                                  "fe80::1%a b"s,
                                  "fe80::1%a%b"s,
                                  "1.2.3.4%lo"s,
                                  "[::1]"s,
                                  "::1/128"s,
                                  "1.2.3.4\0"s,
                                  "::1\0x"s,
                                  "::1%lo\0"s,
                                  std::string(100000, ':'),
                                  std::string(100000, '1')}) {
    expect_as_address(text);
  }
}

TEST(IpNumber, AgreesWithAddressOnRandomText) {
  static constexpr std::string_view letters = "0123456789abcF:::...%- x";
  std::mt19937 random(1);
  const std::string seeds[] = {"192.168.10.255", "2001:db8::1:2", "::ffff:10.0.0.1", "fe80::1%lo"};
  for (int i = 0; i < 20000; ++i) {
    std::string text = seeds[random() % 4];
    for (unsigned n = random() % 4; n > 0 && !text.empty(); --n) {
      const std::size_t at = random() % text.size();
      const char letter = letters[random() % letters.size()];
      switch (random() % 3) {
        case 0:
          text[at] = letter;
          break;
        case 1:
          text.insert(at, 1, letter);
          break;
        default:
          text.erase(at, 1);
      }
    }
    expect_as_address(text);
  }
}

TEST(IpNumber, KnowsMapped) {
  EXPECT_TRUE(parse_ip_number("1.2.3.4")->is_mapped());
  EXPECT_TRUE(parse_ip_number("::ffff:1.2.3.4")->is_mapped());
  EXPECT_EQ(parse_ip_number("::ffff:1.2.3.4")->ipv4(), 0x01020304U);
  EXPECT_FALSE(parse_ip_number("::1.2.3.4")->is_mapped());
  EXPECT_FALSE(parse_ip_number("::1:0:0:0")->is_mapped());
  EXPECT_FALSE(parse_ip_number("1::ffff:1.2.3.4")->is_mapped());
}

}  // namespace
}  // namespace tcpkit
