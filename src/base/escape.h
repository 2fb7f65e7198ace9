#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tcpkit {

/// Decodes C escapes: \a \b \e \f \n \r \t \v \0 \\ \" \' \xHH (exactly two digits), \NNN (one to
/// three octal digits, at most \377) and \uHHHH (UTF-8; no surrogates). Any other backslash is an
/// error: nullopt, and `why` is a clause such as "unknown escape '\q'; write \\ for a backslash".
std::optional<std::string> unescape(std::string_view text, std::string& why);

/// Appends `bytes` so that nothing in them can act on a terminal: printable ASCII and valid
/// printable UTF-8 as they are, other code points from U+0080 on as \uHHHH (\UHHHHHHHH over
/// U+FFFF), all other bytes as \xHH.
void append_display(std::string& out, std::string_view bytes);

/// The same as a new string.
std::string display(std::string_view bytes);

/// The same of at most the first `most` bytes, then "...": for messages about hostile input.
std::string display_start(std::string_view bytes, std::size_t most = 80);

/// Appends `text` as a JSON string with its quotes. Control characters (C0, DEL, C1) and
/// everything not printable come as \uHHHH (surrogate pairs over U+FFFF), each invalid byte as
/// \ufffd, so that no raw control and no invalid byte stands in a line.
void append_json_string(std::string& out, std::string_view text);

/// Lower-case hex, two digits a byte, no separators.
std::string to_hex(std::string_view bytes);

/// RFC 4648 section 4, with padding.
std::string to_base64(std::string_view bytes);

/// The bytes that to_hex() or to_base64() made the text of; nullopt where it is no such text.
std::optional<std::string> from_hex(std::string_view text);
std::optional<std::string> from_base64(std::string_view text);

}  // namespace tcpkit
