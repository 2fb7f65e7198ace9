#include "base/host_name.h"

#include <fmt/core.h>
#include <idn2.h>

#include <algorithm>
#include <memory>

#include "base/escape.h"
#include "base/utf8.h"

namespace tcpkit {
namespace {

/// RFC 1035, 2.3.4, as text without the final dot.
constexpr std::size_t max_host = 253;
constexpr std::size_t max_label = 63;

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

bool is_host_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_' || c == '.';
}

/// What is wrong with a name in ASCII, as the end of a sentence about it; empty: nothing.
std::string fault_of(std::string_view name) {
  const auto bad = std::find_if_not(name.begin(), name.end(), is_host_character);
  if (bad != name.end()) {
    return fmt::format("has '{}', which no host name has; write a name such as localhost",
                       display(std::string_view(&*bad, 1)));
  }
  if (name.starts_with('-')) return "begins with '-'; write a name such as localhost";
  if (name.ends_with('.')) name.remove_suffix(1);
  if (name.size() > max_host) {
    return fmt::format("is {} bytes long; write a host name of at most {}", name.size(), max_host);
  }
  for (;;) {
    const std::string_view label = name.substr(0, name.find('.'));
    if (label.empty()) return "has an empty label; write a name such as www.example.com";
    if (label.size() > max_label) {
      return fmt::format("has a label of {} bytes; write labels of at most {}", label.size(),
                         max_label);
    }
    if (label.size() == name.size()) return {};
    name.remove_prefix(label.size() + 1);
  }
}

/// The xn-- form; nullopt, and `fault` says why there is none.
std::optional<std::string> to_ascii(std::string_view host, std::string& fault) {
  static constexpr std::string_view valid = "write a name such as b\u00fccher.example";
  if (host.find('\0') != std::string_view::npos || !is_utf8(host)) {
    fault = fmt::format("is not UTF-8 text; {}", valid);
    return {};
  }
  char* out = nullptr;
  const std::string text(host);
  const int status =
      idn2_lookup_u8(reinterpret_cast<const std::uint8_t*>(text.c_str()),
                     reinterpret_cast<std::uint8_t**>(&out), IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
  const std::unique_ptr<char, void (*)(void*)> owner(out, idn2_free);
  if (status == IDN2_OK) return std::string(out);
  if (status == IDN2_TOO_BIG_LABEL || status == IDN2_TOO_BIG_DOMAIN ||
      status == IDN2_PUNYCODE_BIG_OUTPUT) {
    fault = fmt::format(
        "is too long in its xn-- form; write labels of at most {} bytes and a name "
        "of at most {}",
        max_label, max_host);
  } else {
    fault = fmt::format("is not an international name ({}); {}", idn2_strerror(status), valid);
  }
  return {};
}

}  // namespace

std::optional<std::string> ascii_host(std::string_view host, std::string& why) {
  std::string fault;
  std::optional<std::string> name;
  if (is_ascii(host)) {
    name = host;
  } else {
    name = to_ascii(host, fault);
  }
  if (name) fault = fault_of(*name);
  if (fault.empty()) return name;
  why = fmt::format("'{}' {}", display_start(host), fault);
  return {};
}

}  // namespace tcpkit
