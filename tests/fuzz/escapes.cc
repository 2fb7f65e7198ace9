// Escapes: nothing that can act on a terminal comes out of display() and append_json_string(), and
// what they write of plain text reads back.
#include <algorithm>
#include <string>
#include <string_view>

#include "base/escape.h"
#include "base/utf8.h"
#include "require.h"

namespace {

bool is_harmless(std::string_view text) {
  return std::none_of(text.begin(), text.end(),
                      [](char c) {
                        const auto byte = static_cast<unsigned char>(c);
                        return byte < 0x20 || byte == 0x7f;
                      }) &&
         text.find("\xc2\x9b") == std::string_view::npos;  // CSI as one C1 character
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tcpkit;
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  std::string why;
  if (const auto bytes = unescape(text, why)) {
    fuzz::require(bytes->size() <= text.size(), "an escape is never shorter than what it means");
  } else {
    fuzz::require_message(why);
  }

  const std::string shown = display(text);
  fuzz::require(is_harmless(shown), "display is harmless", shown);
  const std::string start = display_start(text);
  fuzz::require(is_harmless(start), "display_start is harmless", start);

  std::string json;
  append_json_string(json, text);
  fuzz::require(is_harmless(json), "a JSON string is harmless", json);
  fuzz::require(json.size() >= 2 && json.front() == '"' && json.back() == '"', "quoted", json);
  for (std::size_t i = 1; i + 1 < json.size(); ++i) {
    if (json[i] == '\\')
      ++i;
    else
      fuzz::require(json[i] != '"', "no bare quote inside a JSON string", json);
  }

  fuzz::require(to_hex(text).size() == 2 * size, "two digits a byte");
  fuzz::require(to_base64(text).size() == (size + 2) / 3 * 4, "four characters for three bytes");
  return 0;
}
