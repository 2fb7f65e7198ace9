#include "diagram/width.h"

#include <clocale>
#include <cwchar>

#include <iterator>

#include "base/append.h"
#include "base/utf8.h"

namespace tcpkit::diagram {
namespace {

/// wcwidth(3) of Unicode, whatever the program's locale is.
std::size_t columns_of(char32_t code_point) {
  if (code_point < 0x80) return 1;
  // Without this locale every character counts as one column.
  static const locale_t unicode = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  if (unicode == nullptr) return 1;
  const locale_t before = ::uselocale(unicode);
  const int columns = ::wcwidth(static_cast<wchar_t>(code_point));
  ::uselocale(before);
  return columns < 0 ? 1 : static_cast<std::size_t>(columns);
}

/// How many bytes of `text` fit in `columns`; sets the columns that these take.
std::size_t prefix(std::string_view text, std::size_t columns, std::size_t& used) {
  std::size_t at = 0;
  used = 0;
  while (at < text.size()) {
    const Utf8 next = decode_utf8(text.substr(at));
    const std::size_t more = columns_of(next.code_point);
    if (used + more > columns) break;
    used += more;
    at += next.length;
  }
  return at;
}

}  // namespace

std::size_t width(std::string_view text) {
  std::size_t used = 0;
  prefix(text, std::string_view::npos, used);
  return used;
}

std::string fit(std::string_view text, std::size_t columns, Charset charset) {
  std::size_t used = 0;
  if (prefix(text, columns, used) == text.size()) return std::string(text);
  if (columns == 0) return {};
  const std::size_t length = prefix(text, columns - 1, used);
  return std::string(text.substr(0, length)) + (charset == Charset::unicode ? "…" : "~");
}

std::string pad_right(std::string text, std::size_t columns) {
  const std::size_t used = width(text);
  if (used < columns) text.append(columns - used, ' ');
  return text;
}

std::string pad_left(std::string text, std::size_t columns) {
  const std::size_t used = width(text);
  if (used < columns) text.insert(0, columns - used, ' ');
  return text;
}

std::vector<std::string> wrap(std::string_view text, std::size_t columns) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    std::size_t used = 0;
    std::size_t length = prefix(text, columns, used);
    if (length < text.size()) {
      const std::size_t blank = text.substr(0, length + 1).rfind(' ');
      if (blank != std::string_view::npos && blank > 0) length = blank;
    }
    lines.emplace_back(text.substr(0, length));
    text.remove_prefix(length);
    while (text.starts_with(' '))
      text.remove_prefix(1);
  }
  return lines;
}

std::string to_ascii(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const Utf8 next = decode_utf8(text);
    const auto value = static_cast<unsigned>(next.code_point);
    if (value < 0x80) {
      out += text.front();
    } else {
      value <= 0xFFFF ? append_format(out, "\\u{:04x}", value)
                      : append_format(out, "\\U{:08x}", value);
    }
    text.remove_prefix(next.length);
  }
  return out;
}

}  // namespace tcpkit::diagram
