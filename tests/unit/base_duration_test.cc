#include "base/duration.h"

#include <gtest/gtest.h>

namespace tcpkit {
namespace {

using std::chrono::milliseconds;
using namespace std::string_view_literals;

struct GoodCase {
  std::string_view text;
  std::int64_t ms;
};

TEST(Duration, Parses) {
  const GoodCase cases[] = {
      {"0", 0},
      {"0s", 0},
      {"0.0h", 0},
      {"3", 3000},
      {"003", 3000},
      {"250ms", 250},
      {"3s", 3000},
      {"2m", 120000},
      {"1h", 3600000},
      {"0.5", 500},
      {"1.5s", 1500},
      {"1.50000000000000000000000000s", 1500},
      {"0.001", 1},
      {"7.0ms", 7},
      {"0.25m", 15000},
      {"0.0000025h", 9},
      {"2147483647ms", 2147483647},
      {"2147483.647", 2147483647},
  };
  for (const auto& c : cases) {
    std::string why;
    const auto value = parse_duration(c.text, why);
    ASSERT_TRUE(value) << c.text << ": " << why;
    EXPECT_EQ(value->count(), c.ms) << c.text;
  }
}

struct BadCase {
  std::string_view text;
  std::string_view why;
};

TEST(Duration, SaysWhyNot) {
  const BadCase cases[] = {
      {"3x", "'3x' is not a duration; write 250ms, 3s or 2m"},
      {"", "'' is not a duration; write 250ms, 3s or 2m"},
      {"-1", "'-1' is not a duration; write 250ms, 3s or 2m"},
      {"+1", "'+1' is not a duration; write 250ms, 3s or 2m"},
      {" 1", "' 1' is not a duration; write 250ms, 3s or 2m"},
      {"1 s", "'1 s' is not a duration; write 250ms, 3s or 2m"},
      {"1e3", "'1e3' is not a duration; write 250ms, 3s or 2m"},
      {"0x10", "'0x10' is not a duration; write 250ms, 3s or 2m"},
      {"s", "'s' is not a duration; write 250ms, 3s or 2m"},
      {".5", "'.5' is not a duration; write 250ms, 3s or 2m"},
      {"5.", "'5.' is not a duration; write 250ms, 3s or 2m"},
      {"1.2.3", "'1.2.3' is not a duration; write 250ms, 3s or 2m"},
      {"1S", "'1S' is not a duration; write 250ms, 3s or 2m"},
      {"1s1", "'1s1' is not a duration; write 250ms, 3s or 2m"},
      {"inf", "'inf' is not a duration; write 250ms, 3s or 2m"},
      {"1s\0"sv, "'1s\\x00' is not a duration; write 250ms, 3s or 2m"},
      {"1\x1b[2J", "'1\\x1b[2J' is not a duration; write 250ms, 3s or 2m"},
      {"0.0005s", "'0.0005s' is not in whole milliseconds; write 1ms or 0.001s"},
      {"1.5ms", "'1.5ms' is not in whole milliseconds; write 1ms or 0.001s"},
      {"0.0000001h", "'0.0000001h' is not in whole milliseconds; write 1ms or 0.001s"},
      {"0.00000000000000000001",
       "'0.00000000000000000001' is not in whole milliseconds; write 1ms or 0.001s"},
      {"2147483648ms", "'2147483648ms' is too long; write at most 2147483647ms or 596h"},
      {"2147483.648", "'2147483.648' is too long; write at most 2147483647ms or 596h"},
      {"999999999999999h", "'999999999999999h' is too long; write at most 2147483647ms or 596h"},
      {"99999999999999999999",
       "'99999999999999999999' is too long; write at most 2147483647ms or 596h"},
  };
  for (const auto& c : cases) {
    std::string why;
    EXPECT_FALSE(parse_duration(c.text, why)) << c.text;
    EXPECT_EQ(why, c.why);
  }
}

struct FormatCase {
  std::int64_t ms;
  std::string_view text;
};

TEST(Duration, FormatsTheShortestExactText) {
  const FormatCase cases[] = {
      {0, "0s"},        {1, "1ms"},
      {250, "250ms"},   {500, "0.5s"},
      {999, "999ms"},   {1000, "1s"},
      {1001, "1001ms"}, {1500, "1.5s"},
      {60000, "1m"},    {90000, "90s"},
      {120000, "2m"},   {5400000, "90m"},
      {3600000, "1h"},  {2147483647, "2147483647ms"},
  };
  for (const auto& c : cases)
    EXPECT_EQ(format_duration(milliseconds(c.ms)), c.text);
}

TEST(Duration, ParsesWhatItFormats) {
  for (std::int64_t ms = 0; ms < 200000; ms += 7) {
    std::string why;
    EXPECT_EQ(parse_duration(format_duration(milliseconds(ms)), why), milliseconds(ms)) << why;
  }
}

}  // namespace
}  // namespace tcpkit
