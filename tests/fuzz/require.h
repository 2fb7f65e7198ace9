#pragma once

#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace tcpkit::fuzz {

/// What the code under test promises. Broken: says so and aborts, which libFuzzer reports with the
/// input.
inline void require(bool holds, const char* promise, std::string_view text = {}) {
  if (holds) return;
  std::fprintf(stderr, "broken: %s", promise);
  if (!text.empty()) {
    std::fprintf(stderr, ": ");
    std::fwrite(text.data(), 1, text.size(), stderr);
  }
  std::fprintf(stderr, "\n");
  std::abort();
}

/// A message is one line of text that cannot act on a terminal, of bounded length.
inline void require_message(std::string_view why) {
  constexpr std::size_t most = 2000;
  require(!why.empty(), "a fault has a message");
  require(why.size() < most, "a message is short", why);
  for (const char c : why) {
    const auto byte = static_cast<unsigned char>(c);
    require(byte >= 0x20 && byte != 0x7f, "a message has no control character", why);
  }
}

}  // namespace tcpkit::fuzz
