#include "base/utf8.h"

#include <algorithm>
#include <array>

namespace tcpkit {

namespace {

struct Range {
  char32_t first;
  char32_t last;
};

/// What is_printable() refuses but for the ends of planes, ascending. The invisible ones are
/// Unicode's Default_Ignorable_Code_Point (DerivedCoreProperties.txt), and all blanks but U+0020:
/// nobody could tell them from it.
constexpr std::array<Range, 27> unprintable{{
    {0x0000, 0x001F},     // C0
    {0x007F, 0x009F},     // DEL, C1
    {0x00A0, 0x00A0},     // no-break space
    {0x00AD, 0x00AD},     // soft hyphen
    {0x034F, 0x034F},     // combining grapheme joiner
    {0x061C, 0x061C},     // Arabic letter mark
    {0x115F, 0x1160},     // Hangul fillers
    {0x1680, 0x1680},     // Ogham space mark
    {0x17B4, 0x17B5},     // Khmer inherent vowels
    {0x180B, 0x180F},     // Mongolian selectors
    {0x2000, 0x200F},     // blanks, zero-width, bidirectional marks
    {0x2028, 0x202F},     // line and paragraph separators, bidirectional controls, a blank
    {0x205F, 0x206F},     // a blank, word joiner, bidirectional isolates
    {0x2800, 0x2800},     // Braille pattern blank
    {0x3000, 0x3000},     // ideographic space
    {0x3164, 0x3164},     // Hangul filler
    {0xD800, 0xDFFF},     // surrogates
    {0xE000, 0xF8FF},     // private use
    {0xFDD0, 0xFDEF},     // noncharacters
    {0xFE00, 0xFE0F},     // variation selectors
    {0xFEFF, 0xFEFF},     // byte order mark
    {0xFFA0, 0xFFA0},     // Hangul filler
    {0xFFF0, 0xFFFB},     // interlinear annotation
    {0x1BCA0, 0x1BCA3},   // shorthand format controls
    {0x1D173, 0x1D17A},   // musical format controls
    {0xE0000, 0xE0FFF},   // tags, variation selectors
    {0xF0000, 0x10FFFF},  // private use
}};

constexpr char32_t replacement = 0xFFFD;

unsigned char byte_at(std::string_view text, std::size_t at) {
  return static_cast<unsigned char>(text[at]);
}

/// Length the first byte asks for; 0 for one that cannot start a sequence.
std::size_t sequence_length(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead < 0xC2) return 0;
  if (lead < 0xE0) return 2;
  if (lead < 0xF0) return 3;
  return lead < 0xF5 ? 4 : 0;
}

}  // namespace

Utf8 decode_utf8(std::string_view text) {
  constexpr std::array<unsigned, 5> lead_mask{0, 0x7F, 0x1F, 0x0F, 0x07};
  constexpr std::array<char32_t, 5> smallest{0, 0, 0x80, 0x800, 0x10000};
  constexpr Utf8 invalid{replacement, 1, false};

  const std::size_t length = sequence_length(byte_at(text, 0));
  if (length == 0 || length > text.size()) return invalid;
  char32_t code_point = byte_at(text, 0) & lead_mask[length];
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte_at(text, i) & 0xC0U) != 0x80) return invalid;
    code_point = (code_point << 6) | (byte_at(text, i) & 0x3FU);
  }
  const bool surrogate = code_point >= 0xD800 && code_point <= 0xDFFF;
  if (code_point < smallest[length] || surrogate || code_point > 0x10FFFF) return invalid;
  return {code_point, length, true};
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const Utf8 next = decode_utf8(text);
    if (!next.valid) return false;
    text.remove_prefix(next.length);
  }
  return true;
}

bool is_printable(char32_t code_point) {
  // The last two code points of each of the seventeen planes are noncharacters.
  if (code_point > 0x10FFFF || (code_point & 0xFFFE) == 0xFFFE) return false;
  const auto range =
      std::lower_bound(unprintable.begin(), unprintable.end(), code_point,
                       [](const Range& r, char32_t value) { return r.last < value; });
  return range == unprintable.end() || code_point < range->first;
}

}  // namespace tcpkit
