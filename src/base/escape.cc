#include "base/escape.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/append.h"
#include "base/utf8.h"

namespace tcpkit {

namespace {

constexpr std::size_t max_octal_digits = 3;
constexpr unsigned max_byte = 0377;

/// -1 for what is no digit in any base up to 16.
int digit_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// The run of at most `most` digits of `base` at the start of `text`.
std::string_view take_digits(std::string_view text, std::size_t most, int base) {
  const auto end =
      std::find_if(text.begin(), text.begin() + std::min(most, text.size()), [base](char c) {
        const int value = digit_value(c);
        return value < 0 || value >= base;
      });
  return text.substr(0, static_cast<std::size_t>(end - text.begin()));
}

unsigned number(std::string_view digits, unsigned base) {
  unsigned value = 0;
  for (const char c : digits)
    value = value * base + static_cast<unsigned>(digit_value(c));
  return value;
}

std::optional<char> simple_escape(char letter) {
  switch (letter) {
    case 'a':
      return '\a';
    case 'b':
      return '\b';
    case 'e':
      return '\x1b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case 'v':
      return '\v';
    case '\\':
    case '"':
    case '\'':
      return letter;
    default:
      return std::nullopt;
  }
}

/// Appends a code point below U+10000.
void append_utf8(std::string& out, unsigned code_point) {
  const auto tail = [&](unsigned shift) {
    out += static_cast<char>(0x80U | ((code_point >> shift) & 0x3FU));
  };
  if (code_point < 0x80) {
    out += static_cast<char>(code_point);
  } else if (code_point < 0x800) {
    out += static_cast<char>(0xC0U | (code_point >> 6));
    tail(0);
  } else {
    out += static_cast<char>(0xE0U | (code_point >> 12));
    tail(6);
    tail(0);
  }
}

/// Decodes the escape at the start of `text`, which stands behind a backslash. Returns how many
/// bytes it took; 0 on failure.
std::size_t decode_escape(std::string_view text, std::string& out, std::string& why) {
  if (text.empty()) {
    why = "a lone '\\' at the end; write \\\\ for a backslash";
    return 0;
  }
  if (const auto byte = simple_escape(text[0])) {
    out += *byte;
    return 1;
  }
  if (text[0] == 'x') {
    const auto digits = take_digits(text.substr(1), 2, 16);
    if (digits.size() < 2) {
      why = fmt::format("'\\x{}' lacks digits; write two, as in \\x0a", digits);
      return 0;
    }
    out += static_cast<char>(number(digits, 16));
    return 3;
  }
  if (text[0] == 'u') {
    const auto digits = take_digits(text.substr(1), 4, 16);
    const unsigned code_point = number(digits, 16);
    if (digits.size() < 4) {
      why = fmt::format("'\\u{}' lacks digits; write four, as in \\u00e9", digits);
      return 0;
    }
    if (code_point >= 0xD800 && code_point <= 0xDFFF) {
      why = fmt::format("'\\u{}' is a surrogate; write a character of its own, as in \\u00e9",
                        digits);
      return 0;
    }
    append_utf8(out, code_point);
    return 5;
  }
  const auto octal = take_digits(text, max_octal_digits, 8);
  if (octal.empty()) {
    why = fmt::format("unknown escape '\\{}'; write \\\\ for a backslash",
                      display(text.substr(0, decode_utf8(text).length)));
    return 0;
  }
  if (number(octal, 8) > max_byte) {
    why = fmt::format("'\\{}' is over one byte; write at most \\377", octal);
    return 0;
  }
  out += static_cast<char>(number(octal, 8));
  return octal.size();
}

void append_json_code_point(std::string& out, char32_t code_point) {
  const auto value = static_cast<unsigned>(code_point);
  if (value <= 0xFFFF) {
    append_format(out, "\\u{:04x}", value);
  } else {
    const unsigned offset = value - 0x10000;
    append_format(out, "\\u{:04x}\\u{:04x}", 0xD800 + (offset >> 10), 0xDC00 + (offset & 0x3FF));
  }
}

/// Takes off `text` the printable ASCII that it begins with, up to one of `special`: nearly all of
/// nearly every text.
std::string_view take_plain(std::string_view& text, std::string_view special) {
  const auto end = std::find_if(text.begin(), text.end(), [&](char c) {
    return c < ' ' || c > '~' || special.find(c) != std::string_view::npos;
  });
  const auto plain = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  text.remove_prefix(plain.size());
  return plain;
}

constexpr std::string_view base64_alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

}  // namespace

std::optional<std::string> unescape(std::string_view text, std::string& why) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const char c = text.front();
    text.remove_prefix(1);
    if (c != '\\') {
      out += c;
      continue;
    }
    const std::size_t taken = decode_escape(text, out, why);
    if (taken == 0) return std::nullopt;
    text.remove_prefix(taken);
  }
  return out;
}

void append_display(std::string& out, std::string_view bytes) {
  for (;;) {
    out += take_plain(bytes, {});
    if (bytes.empty()) return;
    const Utf8 next = decode_utf8(bytes);
    const auto code_point = static_cast<unsigned>(next.code_point);
    if (!next.valid || (code_point < 0x80 && !is_printable(code_point))) {
      append_format(out, "\\x{:02x}", static_cast<unsigned char>(bytes.front()));
    } else if (is_printable(next.code_point)) {
      out += bytes.substr(0, next.length);
    } else if (code_point <= 0xFFFF) {
      append_format(out, "\\u{:04x}", code_point);
    } else {
      append_format(out, "\\U{:08x}", code_point);
    }
    bytes.remove_prefix(next.length);
  }
}

std::string display(std::string_view bytes) {
  std::string out;
  append_display(out, bytes);
  return out;
}

std::string display_start(std::string_view bytes, std::size_t most) {
  return bytes.size() <= most ? display(bytes) : display(bytes.substr(0, most)) + "...";
}

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  for (;;) {
    out += take_plain(text, "\"\\");
    if (text.empty()) break;
    // An invalid byte decodes to U+FFFD.
    const Utf8 next = decode_utf8(text);
    if (next.code_point == '"' || next.code_point == '\\') {
      out += '\\';
      out += text.front();
    } else if (next.valid && is_printable(next.code_point)) {
      out += text.substr(0, next.length);
    } else {
      append_json_code_point(out, next.code_point);
    }
    text.remove_prefix(next.length);
  }
  out += '"';
}

std::string to_hex(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out += digits[byte >> 4];
    out += digits[byte & 0x0FU];
  }
  return out;
}

std::string to_base64(std::string_view bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const std::string_view group = bytes.substr(at, 3);
    unsigned bits = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      bits = (bits << 8) | (i < group.size() ? static_cast<unsigned char>(group[i]) : 0U);
    }
    for (std::size_t i = 0; i < 4; ++i) {
      out += i <= group.size() ? base64_alphabet[(bits >> (18 - 6 * i)) & 0x3FU] : '=';
    }
  }
  return out;
}

std::optional<std::string> from_hex(std::string_view text) {
  const auto digit = [](char c) -> unsigned {
    constexpr unsigned none = 16;
    if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
    return c >= 'a' && c <= 'f' ? static_cast<unsigned>(c - 'a') + 10 : none;
  };
  if (text.size() % 2 != 0) return {};
  std::string out;
  out.reserve(text.size() / 2);
  for (std::size_t at = 0; at < text.size(); at += 2) {
    const unsigned high = digit(text[at]);
    const unsigned low = digit(text[at + 1]);
    if (high > 15 || low > 15) return {};
    out += static_cast<char>(high * 16 + low);
  }
  return out;
}

std::optional<std::string> from_base64(std::string_view text) {
  if (text.size() % 4 != 0) return {};
  std::string out;
  out.reserve(text.size() / 4 * 3);
  for (std::size_t at = 0; at < text.size(); at += 4) {
    std::string_view group = text.substr(at, 4);
    const bool last = at + 4 == text.size();
    while (last && group.size() > 2 && group.back() == '=')
      group.remove_suffix(1);
    unsigned bits = 0;
    for (std::size_t i = 0; i < 4; ++i) {
      const std::size_t value = i < group.size() ? base64_alphabet.find(group[i]) : 0;
      if (value == std::string_view::npos) return {};
      bits = (bits << 6) | static_cast<unsigned>(value);
    }
    for (std::size_t i = 0; i + 1 < group.size(); ++i)
      out += static_cast<char>((bits >> (16 - 8 * i)) & 0xFFU);
  }
  return out;
}

}  // namespace tcpkit
