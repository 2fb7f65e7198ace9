#pragma once

#include <string>
#include <string_view>

namespace tcpkit {

/// Turns each LF that does not follow a CR into CRLF, also across blocks.
class CrlfFilter {
 public:
  /// Appends the converted block to `out`.
  void convert(std::string_view block, std::string& out) {
    for (const char c : block) {
      if (c == '\n' && last_ != '\r') out += '\r';
      out += c;
      last_ = c;
    }
  }

 private:
  char last_ = '\0';
};

}  // namespace tcpkit
