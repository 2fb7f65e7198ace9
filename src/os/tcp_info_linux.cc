// <linux/tcp.h> and <netinet/tcp.h> do not compile together; glibc's tcp_info ends too early.
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "os/tcp_info.h"

namespace tcpkit::os {

std::optional<TcpInfo> tcp_info(int fd) {
  ::tcp_info info{};
  socklen_t size = sizeof info;
  if (::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return {};
  return TcpInfo{info.tcpi_probes,         std::chrono::milliseconds(info.tcpi_last_ack_recv),
                 info.tcpi_bytes_received, info.tcpi_bytes_acked,
                 info.tcpi_retransmits,    static_cast<int>(info.tcpi_unacked)};
}

}  // namespace tcpkit::os
