// Addresses as users write them, and numeric ones: what is taken has one text that reads back, and
// both readers of numeric addresses agree with each other and with inet_pton(3).
#include <arpa/inet.h>

#include <string>
#include <string_view>

#include "base/address.h"
#include "base/endpoint.h"
#include "base/ip_number.h"
#include "require.h"

namespace tcpkit {
namespace {

void check_endpoint(std::string_view text, Purpose purpose) {
  std::string why;
  const auto endpoint = parse_endpoint(text, purpose, why);
  if (!endpoint) {
    fuzz::require_message(why);
    return;
  }
  std::string written = endpoint->to_string();
  if (endpoint->kind == Endpoint::Kind::unix_abstract) written.insert(0, "unix:");
  const auto again = parse_endpoint(written, purpose, why);
  fuzz::require(again && again->kind == endpoint->kind && again->host == endpoint->host &&
                    again->port == endpoint->port && again->path == endpoint->path,
                "an endpoint's text reads back", written);
}

void check_number(const std::string& text) {
  const int family = is_ip(text);
  const auto number = parse_ip_number(text);
  fuzz::require((family != 0) == number.has_value(), "both readers take the same", text);
  if (text.find('%') == std::string::npos && text.find('\0') == std::string::npos) {
    in6_addr six{};
    in_addr four{};
    const int expected = inet_pton(AF_INET, text.c_str(), &four) == 1   ? 4
                         : inet_pton(AF_INET6, text.c_str(), &six) == 1 ? 6
                                                                        : 0;
    fuzz::require(family == expected, "is_ip agrees with inet_pton", text);
  }
  if (!number) return;
  std::string written;
  append_ip_number(written, *number);
  const auto again = parse_ip_number(written);
  fuzz::require(again && again->family == number->family && again->bits == number->bits,
                "a number's text reads back", written);
  const auto address = Address::from_ip(text, 1);
  if (address && text.find('%') == std::string::npos)
    fuzz::require(address->host() == written, "both writers agree", text);
}

}  // namespace
}  // namespace tcpkit

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tcpkit;
  const std::string text{reinterpret_cast<const char*>(data), size};
  check_endpoint(text, Purpose::connecting);
  check_endpoint(text, Purpose::listening);
  check_number(text);
  if (const std::size_t blank = text.find(' '); blank != std::string::npos) {
    std::string why;
    const std::string_view all = text;
    if (!parse_endpoint(all.substr(0, blank), all.substr(blank + 1), Purpose::connecting, why))
      fuzz::require_message(why);
  }
  return 0;
}
