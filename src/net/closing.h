#pragma once

#include <string>

namespace tcpkit::net {

/// What close(2) puts on the wire, by the rules of __tcp_close() in the kernel's net/ipv4/tcp.c.
struct Closing {
  enum class Goes { fin, rst, nothing } goes = Goes::nothing;
  std::string why;
};

/// For a TCP socket that is about to be closed. What arrives between this and close(2) can still
/// change it: ask as late as possible.
Closing predict_close(int fd);

}  // namespace tcpkit::net
