// Lists of ports: what is taken is ascending and without duplicates, and survives being written and
// read again.
#include <algorithm>
#include <functional>
#include <string>
#include <string_view>

#include "base/port_list.h"
#include "require.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tcpkit;
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  std::string why;
  const auto ports = parse_port_list(text, why);
  if (!ports) {
    fuzz::require_message(why);
    return 0;
  }
  fuzz::require(!ports->empty() && ports->front() > 0, "there are ports", text);
  fuzz::require(
      std::adjacent_find(ports->begin(), ports->end(), std::greater_equal<>()) == ports->end(),
      "ascending, each once", text);
  std::string written;
  for (const std::uint16_t port : *ports)
    written += (written.empty() ? "" : ",") + std::to_string(port);
  fuzz::require(parse_port_list(written, why) == ports, "written and read again", text);
  return 0;
}
