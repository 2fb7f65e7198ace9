#pragma once

#include <string>
#include <string_view>

namespace tcpkit::os {

/// What close(2) puts on the wire, by the rules of __tcp_close() in the kernel's net/ipv4/tcp.c.
struct Closing {
  enum class Goes { fin, rst, nothing } goes = Goes::nothing;
  std::string why;         ///< in words
  std::string_view cause;  ///< of a RST: unread or linger
};

/// For a TCP socket that is about to be closed. What arrives between this and close(2) can still
/// change it: ask as late as possible.
Closing predict_close(int fd);

}  // namespace tcpkit::os
