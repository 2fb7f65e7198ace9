#pragma once

#include <cstdint>
#include <optional>

#include "base/address.h"
#include "tcp/states.h"

namespace tcpkit::os {

/// What names a TCP socket of the kernel also when it has no descriptor any more.
struct SocketId {
  Address local;
  Address remote;
  unsigned interface = 0;    ///< that it is bound to, by an option or as a link-local address; or 0
  std::uint64_t cookie = 0;  ///< the kernel's number of it, never used again; 0: it has none
};

/// Of the connected TCP socket `fd`, whose ends the caller knows.
SocketId identify(int fd, const Address& local, const Address& remote);

/// Asks the kernel for a connection that may have no descriptor any more (sock_diag(7)): orphans,
/// and what is in TIME_WAIT. Needs no privilege. Sees its own network namespace only.
class SockDiag {
 public:
  SockDiag();
  ~SockDiag();
  SockDiag(const SockDiag&) = delete;
  SockDiag& operator=(const SockDiag&) = delete;

  /// `closed` if there is no such connection (any more, though another one may have its ports);
  /// nullopt if the kernel does not answer.
  [[nodiscard]] std::optional<tcp::State> state(const SocketId& id) const;

 private:
  int fd_;
};

}  // namespace tcpkit::os
