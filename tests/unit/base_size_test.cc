#include "base/size.h"

#include <gtest/gtest.h>

namespace tcpkit {
namespace {

using namespace std::string_view_literals;

struct GoodCase {
  std::string_view text;
  std::uint64_t bytes;
};

TEST(Size, Parses) {
  const GoodCase cases[] = {
      {"0", 0},
      {"0G", 0},
      {"4096", 4096},
      {"0010", 10},
      {"64k", 65536},
      {"64K", 65536},
      {"1m", 1048576},
      {"1M", 1048576},
      {"2g", 2147483648},
      {"2G", 2147483648},
      {"4611686018427387904", 4611686018427387904},
      {"4294967296G", 4611686018427387904},
  };
  for (const auto& c : cases) {
    std::string why;
    EXPECT_EQ(parse_size(c.text, why), c.bytes) << c.text << ": " << why;
  }
}

TEST(Size, RefusesWhatIsNone) {
  const std::string_view cases[] = {"",     "k",   "64q",    "64kB",   "-1",
                                    "+1",   " 1",  "1 ",     "1.5k",   "1e3",
                                    "0x10", "1kk", "1k\0"sv, "\0"sv,   "k64",
                                    "1_0",  "1,0", "\xff",   "64\x1b", "99999999999999999999q"};
  for (const auto text : cases) {
    std::string why;
    EXPECT_FALSE(parse_size(text, why)) << text;
    EXPECT_NE(why.find("is not a size; write 4096, 64k, 1M or 2G"), std::string::npos) << why;
  }
}

TEST(Size, RefusesWhatIsTooLarge) {
  const std::string_view cases[] = {"4611686018427387905",   "4294967297G",
                                    "18446744073709551615",  "18446744073709551616",
                                    "99999999999999999999k", "4503599627370497k"};
  for (const auto text : cases) {
    std::string why;
    EXPECT_FALSE(parse_size(text, why)) << text;
    EXPECT_NE(why.find("is too large; write e.g. 64k"), std::string::npos) << why;
  }
}

TEST(Size, NamesTheWordEscaped) {
  std::string why;
  EXPECT_FALSE(parse_size("6\n4", why));
  EXPECT_EQ(why, "'6\\x0a4' is not a size; write 4096, 64k, 1M or 2G");
}

}  // namespace
}  // namespace tcpkit
