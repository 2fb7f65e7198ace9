#include "base/error.h"

#include <fmt/core.h>
#include <uv.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace tcpkit {

namespace {

using Text = std::array<char, 128>;

bool is_known(int err) {
  Text name{};
  return !std::string_view(uv_err_name_r(-err, name.data(), name.size())).starts_with("Unknown");
}

char to_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

Error make_error(int err, std::string_view syscall, std::string_view words,
                 std::string_view address, std::optional<int> port) {
  Error error;
  error.code = errno_code(err);
  error.errno_value = -err;
  error.syscall = syscall;
  error.address = address;
  // As in Node a port 0 is none, and the -1 that stands for a Unix socket in errors of listen is
  // kept but not shown.
  if (port.value_or(0) != 0) error.port = port;
  error.message = fmt::format("{} {}{}", syscall, error.code, words);
  if (!address.empty()) {
    error.message += fmt::format(" {}", address);
    if (port.value_or(0) > 0) error.message += fmt::format(":{}", *port);
  }
  return error;
}

}  // namespace

std::string errno_code(int err) {
  if (!is_known(err)) {
    const char* rare = ::strerrorname_np(err);  // libuv names some eighty of 133
    return rare == nullptr ? fmt::format("E{}", err) : rare;
  }
  Text name{};
  return uv_err_name_r(-err, name.data(), name.size());
}

std::string errno_text(int err) {
  Text buffer{};
  const char* rare = is_known(err) ? nullptr : ::strerrordesc_np(err);
  if (!is_known(err) && rare == nullptr) return fmt::format("unknown system error {}", err);
  std::string text = rare != nullptr ? rare : uv_strerror_r(-err, buffer.data(), buffer.size());
  for (char& c : text)
    c = to_lower(c);
  return text;
}

bool is_connection_error(int err) {
  // What resets and timeouts (tcp_reset(), tcp_write_err()) and ICMP (icmp_err_convert) leave in a
  // socket of Linux.
  static constexpr std::array errors{
      ECONNRESET, EPIPE,    ETIMEDOUT, ECONNREFUSED, ECONNABORTED, ENETUNREACH, EHOSTUNREACH,
      EHOSTDOWN,  ENETDOWN, ENONET,    ENOPROTOOPT,  EMSGSIZE,     EPROTO};
  return std::find(errors.begin(), errors.end(), err) != errors.end();
}

Error system_error(int err, std::string_view syscall, std::string_view address,
                   std::optional<int> port) {
  return make_error(err, syscall, "", address, port);
}

Error system_error_with_text(int err, std::string_view syscall, std::string_view address,
                             std::optional<int> port) {
  return make_error(err, syscall, fmt::format(": {}", errno_text(err)), address, port);
}

}  // namespace tcpkit
