#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tcpkit {

/// One decoded sequence: `length` bytes (at least 1) of the input; `valid` false where they are not
/// well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates, nothing over U+10FFFF), and then
/// `length` is 1.
struct Utf8 {
  char32_t code_point;
  std::size_t length;
  bool valid;
};

/// Decodes the sequence at the start of `text`, which must not be empty.
Utf8 decode_utf8(std::string_view text);

/// True where all of `text` is well-formed.
bool is_utf8(std::string_view text);

/// True for code points a terminal shows without acting on them: no C0, DEL, C1, bidirectional
/// controls, line/paragraph separators, blanks but U+0020, zero-width and tag characters,
/// noncharacters, private use.
bool is_printable(char32_t code_point);

}  // namespace tcpkit
