#pragma once

#include <optional>

#include "base/address.h"

namespace tcpkit::os {

/// Asks the kernel for a connection that may have no descriptor any more (sock_diag(7)): orphans,
/// and what is in TIME_WAIT. Needs no privilege. Sees its own network namespace only.
class SockDiag {
 public:
  SockDiag();
  ~SockDiag();
  SockDiag(const SockDiag&) = delete;
  SockDiag& operator=(const SockDiag&) = delete;

  /// Numbered as in <netinet/tcp.h> (TCP_ESTABLISHED and so on); TCP_CLOSE where there is no such
  /// connection; nullopt where the kernel does not answer.
  [[nodiscard]] std::optional<int> state(const Address& local, const Address& remote) const;

 private:
  int fd_;
};

}  // namespace tcpkit::os
