#pragma once

#include <string>
#include <vector>

namespace tcpkit::os {

/// The network interfaces of this process's network, up or not, as /proc lists them: without a
/// socket. Empty if /proc cannot be read.
std::vector<std::string> interface_names();

/// A congestion control that the kernel has loaded.
struct CongestionControl {
  std::string name;
  bool standard;  ///< what a socket has unless it asks for another
  bool allowed;   ///< to everyone; others need CAP_NET_ADMIN
};

/// Empty if /proc cannot be read.
std::vector<CongestionControl> congestion_controls();

}  // namespace tcpkit::os
