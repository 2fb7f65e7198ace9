#pragma once

#include <cstddef>
#include <string>

namespace tcpkit::net {

/// What close(2) would put on the wire just now: tcp_close() in the kernel's net/ipv4/tcp.c.
struct Closing {
  enum class Goes { fin, rst, nothing } goes = Goes::nothing;
  std::string why;
};

/// For a TCP socket. `linger_zero`: SO_LINGER with 0 seconds is, or will be, set; `fin_sent`: our
/// shutdown() was before.
Closing predict_close(int fd, bool linger_zero, bool fin_sent);

}  // namespace tcpkit::net
