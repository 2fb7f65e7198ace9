#pragma once

#include <chrono>
#include <optional>

namespace tcpkit::os {

/// When the kernel probes a silent peer.
struct KeepaliveTimes {
  std::chrono::seconds idle;      ///< before the first probe (TCP_KEEPIDLE)
  std::chrono::seconds interval;  ///< between unanswered ones (TCP_KEEPINTVL)
};

/// As a TCP socket has them now; empty if it does not probe (SO_KEEPALIVE is off).
std::optional<KeepaliveTimes> keepalive_times(int fd);

}  // namespace tcpkit::os
