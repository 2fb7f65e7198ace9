#include "net/tcp_state.h"

#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

namespace tcpkit::net {

std::optional<int> tcp_state(int fd) {
  tcp_info info{};
  socklen_t size = sizeof info;
  if (::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return {};
  return info.tcpi_state;
}

bool tcp_closed(int fd) {
  return tcp_state(fd) == TCP_CLOSE;
}

bool tcp_fin_acknowledged(int fd) {
  const auto state = tcp_state(fd);
  return !state || state == TCP_FIN_WAIT2 || state == TCP_TIME_WAIT || state == TCP_CLOSE;
}

int tcp_unsent(int fd) {
  int bytes = 0;
  return tcp_state(fd) && ::ioctl(fd, SIOCOUTQNSD, &bytes) == 0 ? bytes : 0;
}

TcpFigures tcp_figures(int fd) {
  tcp_info info{};
  socklen_t size = sizeof info;
  TcpFigures figures{};
  if (::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return figures;
  figures.rtt_us = info.tcpi_rtt;
  figures.retransmits = info.tcpi_total_retrans;
  ::ioctl(fd, SIOCOUTQ, &figures.unacknowledged);
  return figures;
}

}  // namespace tcpkit::net
