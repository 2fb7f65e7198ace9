// Durations and sizes: what is taken survives being written and read again.
#include <string>
#include <string_view>

#include "base/duration.h"
#include "base/size.h"
#include "require.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tcpkit;
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  std::string why;
  if (const auto duration = parse_duration(text, why)) {
    fuzz::require(duration->count() >= 0 && duration->count() <= INT32_MAX, "in range", text);
    const std::string written = format_duration(*duration);
    fuzz::require(parse_duration(written, why) == duration, "written and read again", written);
  } else {
    fuzz::require_message(why);
  }
  why.clear();
  if (const auto bytes = parse_size(text, why)) {
    fuzz::require(*bytes <= (std::uint64_t{1} << 62), "in range", text);
  } else {
    fuzz::require_message(why);
  }
  return 0;
}
