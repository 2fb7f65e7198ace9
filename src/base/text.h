#pragma once

#include <algorithm>
#include <string_view>

/// Text files as editors write them: a UTF-8 byte order mark may begin them, a line ends with LF or
/// CRLF, the last one with neither. Everything that reads lines of text reads them with these.
namespace tcpkit {

/// Without the byte order mark.
inline std::string_view skip_bom(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  return text;
}

/// Takes the first line off `text`, without what ends it. False: no line is left.
inline bool next_line(std::string_view& text, std::string_view& line) {
  if (text.empty()) return false;
  line = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(line.size() + 1, text.size()));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return true;
}

}  // namespace tcpkit
