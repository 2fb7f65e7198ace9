#include "base/escape.h"

#include <gtest/gtest.h>

#include "base/utf8.h"

namespace tcpkit {
namespace {

using namespace std::string_view_literals;

struct TextCase {
  std::string_view in;
  std::string_view out;
};

std::string all_bytes() {
  std::string bytes;
  for (int i = 0; i < 256; ++i)
    bytes += static_cast<char>(i);
  return bytes;
}

std::string json(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

TEST(Unescape, Decodes) {
  const TextCase cases[] = {
      {"", ""},
      {"plain \xff\0 bytes"sv, "plain \xff\0 bytes"sv},
      {R"(\a\b\e\f\n\r\t\v)", "\a\b\x1b\f\n\r\t\v"},
      {R"(\\\"\')", "\\\"'"},
      {R"(\\n)", "\\n"},
      {R"(\x00\xfF\x414)", "\0\xff\x41\x34"sv},
      {R"(\0)", "\0"sv},
      {R"(\08)", "\0\x38"sv},
      {R"(\7\12\012\377)", "\7\n\n\xff"},
      {R"(\1234)", "S4"},
      {R"(\u0000\u007f\u0080\u07ff\u0800\ud7ff\ue000\uFFFF)",
       "\0\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf"sv},
      {R"(\u00e91)", "\xc3\xa9\x31"},
  };
  for (const auto& c : cases) {
    std::string why;
    const auto out = unescape(c.in, why);
    ASSERT_TRUE(out) << c.in << ": " << why;
    EXPECT_EQ(*out, c.out) << c.in;
  }
}

TEST(Unescape, SaysWhyNot) {
  const TextCase cases[] = {
      {"\\", R"(a lone '\' at the end; write \\ for a backslash)"},
      {R"(a\\\)", R"(a lone '\' at the end; write \\ for a backslash)"},
      {R"(a\qb)", R"(unknown escape '\q'; write \\ for a backslash)"},
      {R"(\8)", R"(unknown escape '\8'; write \\ for a backslash)"},
      {R"(\X41)", R"(unknown escape '\X'; write \\ for a backslash)"},
      {R"(\U0001f600)", R"(unknown escape '\U'; write \\ for a backslash)"},
      {"\\\xc3\xa9", "unknown escape '\\\xc3\xa9'; write \\\\ for a backslash"},
      {"\\\x1b", R"(unknown escape '\\x1b'; write \\ for a backslash)"},
      {"\\\xff", R"(unknown escape '\\xff'; write \\ for a backslash)"},
      {"\\\0"sv, R"(unknown escape '\\x00'; write \\ for a backslash)"},
      {R"(\x)", R"('\x' lacks digits; write two, as in \x0a)"},
      {R"(\x4)", R"('\x4' lacks digits; write two, as in \x0a)"},
      {R"(\x4g)", R"('\x4' lacks digits; write two, as in \x0a)"},
      {R"(\u)", R"('\u' lacks digits; write four, as in \u00e9)"},
      {R"(\u12)", R"('\u12' lacks digits; write four, as in \u00e9)"},
      {R"(\u{1f600})", R"('\u' lacks digits; write four, as in \u00e9)"},
      {R"(\ud800)", R"('\ud800' is a surrogate; write a character of its own, as in \u00e9)"},
      {R"(\ud83d\ude00)", R"('\ud83d' is a surrogate; write a character of its own, as in \u00e9)"},
      {R"(\udfff)", R"('\udfff' is a surrogate; write a character of its own, as in \u00e9)"},
      {R"(\400)", R"('\400' is over one byte; write at most \377)"},
      {R"(\777)", R"('\777' is over one byte; write at most \377)"},
  };
  for (const auto& c : cases) {
    std::string why;
    EXPECT_FALSE(unescape(c.in, why)) << c.in;
    EXPECT_EQ(why, c.out);
  }
}

TEST(Display, EscapesWhatIsNotPrintable) {
  const TextCase cases[] = {
      {"", ""},
      {"GET / \\n \"x\"", "GET / \\n \"x\""},
      {"\0\t\r\n\x1b[31m\x7f"sv, R"(\x00\x09\x0d\x0a\x1b[31m\x7f)"},
      {"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"},
      {"\xc2\x9b\x33\x31m", R"(\u009b31m)"},
      {"\xe2\x80\xae", R"(\u202e)"},
      {"\xf3\xa0\x80\x81", R"(\U000e0001)"},
      {"\xc0\x80\xed\xa0\x80\xff", R"(\xc0\x80\xed\xa0\x80\xff)"},
      {"\xe2\x82", R"(\xe2\x82)"},
  };
  for (const auto& c : cases)
    EXPECT_EQ(display(c.in), c.out);
}

TEST(Display, AppendsAndLeavesOnlyPrintableText) {
  std::string out = "kept ";
  append_display(out, all_bytes());
  EXPECT_TRUE(out.starts_with("kept \\x00\\x01"));
  EXPECT_TRUE(out.ends_with("\\xfe\\xff"));
  for (const char c : out)
    EXPECT_TRUE(c >= ' ' && c <= '~');
}

TEST(Json, EscapesWhatIsNotPrintable) {
  const TextCase cases[] = {
      {"", R"("")"},
      {"a/b'c", R"("a/b'c")"},
      {"\"\\", R"("\"\\")"},
      {"\0\n\x1b\x7f"sv, R"("\u0000\u000a\u001b\u007f")"},
      {"\xc2\x85\xe2\x80\xa8", R"("\u0085\u2028")"},
      {"\xc3\xa9\xf0\x9f\x98\x80", "\"\xc3\xa9\xf0\x9f\x98\x80\""},
      {"\xf3\xa0\x80\x81\xf4\x8f\xbf\xbf", R"("\udb40\udc01\udbff\udfff")"},
      {"\xff\xe2\x82", R"("\ufffd\ufffd\ufffd")"},
      {"\xef\xbf\xbd", "\"\xef\xbf\xbd\""},
  };
  for (const auto& c : cases)
    EXPECT_EQ(json(c.in), c.out);
}

TEST(Json, StaysOneValidLine) {
  const std::string line = json(all_bytes());
  EXPECT_TRUE(is_utf8(line));
  for (const char c : line)
    EXPECT_TRUE(c >= ' ' && c != 0x7F);
}

TEST(Hex, IsTwoDigitsAByte) {
  EXPECT_EQ(to_hex(""), "");
  EXPECT_EQ(to_hex("\0\x0f\xa0\xff"sv), "000fa0ff");
  EXPECT_EQ(from_hex("000fa0ff"), "\0\x0f\xa0\xff"sv);
  for (const char* bad : {"0", "0g", "0F", " 0"})
    EXPECT_FALSE(from_hex(bad)) << bad;
  for (const char* bad : {"Zg", "Zg=", "Z===", "Zm9v-A==", "Z=9v"})
    EXPECT_FALSE(from_base64(bad)) << bad;
}

// The vectors of RFC 4648, section 10.
TEST(Base64, PadsAsTheRfc) {
  const TextCase cases[] = {{"", ""},
                            {"f", "Zg=="},
                            {"fo", "Zm8="},
                            {"foo", "Zm9v"},
                            {"foob", "Zm9vYg=="},
                            {"fooba", "Zm9vYmE="},
                            {"foobar", "Zm9vYmFy"},
                            {"\0"sv, "AA=="},
                            {"\xff\xff\xfe", "///+"}};
  for (const auto& c : cases) {
    EXPECT_EQ(to_base64(c.in), c.out);
    EXPECT_EQ(from_base64(c.out), c.in);
  }
}

}  // namespace
}  // namespace tcpkit
