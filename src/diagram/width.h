#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tcpkit::diagram {

/// Which characters a terminal shows.
enum class Charset : std::uint8_t { ascii, unicode };

/// Columns that displayed text (base/escape.h) takes on a terminal: 2 for what is wide, 0 for what
/// combines.
std::size_t width(std::string_view text);

/// `text` in at most `columns`; where it is cut, it ends with "…" (ASCII "~").
std::string fit(std::string_view text, std::size_t columns, Charset charset);

/// `text` followed by blanks up to `columns`, or in front of them.
std::string pad_right(std::string text, std::size_t columns);
std::string pad_left(std::string text, std::size_t columns);

/// `text` in lines of at most `columns`, which must be over 1, broken at blanks where there are
/// any.
std::vector<std::string> wrap(std::string_view text, std::size_t columns);

/// `text` with each character over ASCII as \uHHHH.
std::string to_ascii(std::string_view text);

}  // namespace tcpkit::diagram
