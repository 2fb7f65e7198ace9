#include "base/port_list.h"

#include <gtest/gtest.h>

namespace tcpkit {
namespace {

using Ports = std::vector<std::uint16_t>;

Ports parse(std::string_view text) {
  std::string why;
  return parse_port_list(text, why).value_or(Ports{});
}

TEST(PortList, IsAscendingAndHasEachPortOnce) {
  EXPECT_EQ(parse("80"), Ports{80});
  EXPECT_EQ(parse("80,22,80,81-79,22"), Ports{});
  EXPECT_EQ(parse("80,22,80"), (Ports{22, 80}));
  EXPECT_EQ(parse("8002-8004,1,8003,8004-8005"), (Ports{1, 8002, 8003, 8004, 8005}));
  EXPECT_EQ(parse("7-7"), Ports{7});
  EXPECT_EQ(parse("http,ssh"), (Ports{22, 80}));
  EXPECT_EQ(parse("1-65535").size(), 65535U);
  EXPECT_EQ(parse("00080"), Ports{80});
}

struct BadCase {
  std::string_view text;
  std::string_view why;
};

TEST(PortList, NamesThePartAndTheFault) {
  const BadCase cases[] = {
      {"", "'' is not a list of ports; write e.g. 22,80,8000-8100"},
      {",", "in ',', a port is missing next to a comma; write e.g. 22,80,8000-8100"},
      {"80,", "in '80,', a port is missing next to a comma; write e.g. 22,80,8000-8100"},
      {"80-", "'80-' is not a range of ports; write FIRST-LAST, e.g. 8000-8100"},
      {"-", "'-' is not a range of ports; write FIRST-LAST, e.g. 8000-8100"},
      {"1-2-3", "'1-2-3' is not a range of ports; write FIRST-LAST, e.g. 8000-8100"},
      {"81-80", "'81-80' runs backwards; write 80-81"},
      {"0", "port '0' is for listening only; write 1 to 65535"},
      {"22,0-80", "in '22,0-80', port '0' is for listening only; write 1 to 65535"},
      {"1-65536", "'65536' is over the highest port; write 1 to 65535"},
  };
  for (const auto& [text, expected] : cases) {
    std::string why;
    EXPECT_FALSE(parse_port_list(text, why)) << text;
    EXPECT_EQ(why, expected);
  }
}

}  // namespace
}  // namespace tcpkit
