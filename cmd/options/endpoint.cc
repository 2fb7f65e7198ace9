#include "cmd/options/endpoint.h"

#include <fmt/core.h>

#include "base/escape.h"
#include "cmd/cli/usage_error.h"

namespace tcpkit::cmd {

Endpoint read_endpoint(const std::vector<std::string>& arguments, Purpose purpose,
                       std::string_view command) {
  std::string why;
  std::optional<Endpoint> endpoint;
  switch (arguments.size()) {
    case 0:
      throw UsageError(
          fmt::format("the address is missing; e.g. tcpkit {} localhost:5000", command));
    case 1:
      endpoint = parse_endpoint(arguments[0], purpose, why);
      break;
    case 2:
      endpoint = parse_endpoint(arguments[0], arguments[1], purpose, why);
      break;
    default:
      throw UsageError(
          fmt::format("unexpected argument '{}'; {} takes one address, e.g. tcpkit {} "
                      "localhost:5000",
                      display(arguments[2]), command, command));
  }
  if (!endpoint || !check_zone(*endpoint, why)) throw UsageError(why);
  return *endpoint;
}

}  // namespace tcpkit::cmd
