#pragma once

namespace tcpkit::os {

enum class Vanished {
  refused,   ///< the kernel drops nothing for us (EPERM); nothing has changed
  deaf,      ///< what comes in is dropped; close(2) will send a FIN: no CAP_NET_ADMIN
  silently,  ///< the same, and close(2) sends nothing
};

/// Makes a connected TCP socket drop all that comes in, before TCP sees it (SO_ATTACH_FILTER), and
/// sends no keep-alive probes any more. With CAP_NET_ADMIN over its network namespace the socket
/// goes into repair mode (TCP_REPAIR), in which closing sends neither FIN nor RST. Nothing must be
/// read from it or sent on it afterwards: see net::Socket::cut().
Vanished vanish(int fd);

/// True once vanish() has put it into repair mode.
bool is_silenced(int fd);

}  // namespace tcpkit::os
