#include "base/utf8.h"

#include <gtest/gtest.h>

namespace tcpkit {
namespace {

using namespace std::string_view_literals;

struct GoodCase {
  std::string_view text;
  char32_t code_point;
};

TEST(Utf8, DecodesTheFirstSequence) {
  const GoodCase cases[] = {
      {"\0"sv, 0},
      {"a", 'a'},
      {"\x7f", 0x7F},
      {"\xc2\x80", 0x80},
      {"\xdf\xbf", 0x7FF},
      {"\xe0\xa0\x80", 0x800},
      {"\xed\x9f\xbf", 0xD7FF},
      {"\xee\x80\x80", 0xE000},
      {"\xef\xbf\xbf", 0xFFFF},
      {"\xf0\x90\x80\x80", 0x10000},
      {"\xf4\x8f\xbf\xbf", 0x10FFFF},
  };
  for (const auto& c : cases) {
    const Utf8 next = decode_utf8(std::string(c.text) + "\xff");
    EXPECT_TRUE(next.valid);
    EXPECT_EQ(next.code_point, c.code_point);
    EXPECT_EQ(next.length, c.text.size());
    EXPECT_TRUE(is_utf8(c.text));
  }
}

TEST(Utf8, RefusesWhatIsNotWellFormed) {
  const std::string_view cases[] = {
      "\x80",  // a tail without a lead
      "\xbf",
      "\xc0\x80",  // overlong NUL
      "\xc1\xbf",  // overlong
      "\xe0\x80\x80",
      "\xe0\x9f\xbf",
      "\xf0\x80\x80\x80",
      "\xf0\x8f\xbf\xbf",
      "\xed\xa0\x80",  // surrogates
      "\xed\xbf\xbf",
      "\xf4\x90\x80\x80",  // over U+10FFFF
      "\xf5\x80\x80\x80",
      "\xf8\x88\x80\x80\x80",
      "\xfe",
      "\xff",
      "\xc3",  // cut short
      "\xe2\x82",
      "\xf0\x9f\x98",
      "\xc3(",  // a tail that is none
      "\xe2\x82(",
      "\xe2(\xac",
  };
  for (const auto text : cases) {
    const Utf8 next = decode_utf8(text);
    EXPECT_FALSE(next.valid);
    EXPECT_EQ(next.length, 1U);
    EXPECT_FALSE(is_utf8(text));
    EXPECT_FALSE(is_utf8("ok" + std::string(text)));
  }
}

TEST(Utf8, EmptyTextIsWellFormed) {
  EXPECT_TRUE(is_utf8(""));
}

TEST(Utf8, PrintableIsWhatATerminalOnlyShows) {
  const char32_t cases[] = {' ',    '~',    0xAE,   0xE9,   0x301,   0x5D0,
                            0x20AC, 0x2010, 0x4E2D, 0xFFFD, 0x1F600, 0x20000};
  for (const auto code_point : cases)
    EXPECT_TRUE(is_printable(code_point)) << std::uint32_t{code_point};
}

TEST(Utf8, UnprintableIsWhatActsOrHides) {
  const char32_t cases[] = {
      0xA0,    0x1680,  0x2000,  0x202F,  0x205F,  0x2800,  0x3000,   0,        0x1F,
      0x7F,    0x80,    0x9B,    0x9F,    0xAD,    0x61C,   0x200B,   0x200F,   0x2028,
      0x2029,  0x202A,  0x202E,  0x2060,  0x2066,  0x2069,  0xD800,   0xDFFF,   0xE000,
      0xF8FF,  0xFDD0,  0xFDEF,  0xFE0F,  0xFEFF,  0xFFF9,  0xFFFE,   0xFFFF,   0x1FFFE,
      0x8FFFF, 0xE0001, 0xE007F, 0xE01EF, 0xF0000, 0xFFFFF, 0x100000, 0x10FFFF, 0x110000};
  for (const auto code_point : cases)
    EXPECT_FALSE(is_printable(code_point)) << std::uint32_t{code_point};
}

}  // namespace
}  // namespace tcpkit
