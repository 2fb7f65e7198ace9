#include "net/tcp_state.h"

#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>

#include "os/tcp_info.h"

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

Handshake handshake_of(int fd, bool writable) {
  using Is = Handshake::Is;
  const auto info = os::tcp_info(fd);
  const int state = info ? info->state : TCP_CLOSE;
  // With TCP Fast Open the SYN waits for the first data: the kernel takes that in SYN_SENT.
  const bool opening = state == TCP_SYN_SENT || state == TCP_SYN_RECV;
  if (opening && writable) return {Is::done, 0};
  // The first byte that a peer acknowledges is our SYN, and the kernel counts it. Neither SO_ERROR
  // nor getpeername(2) distinguishes all refusals from a connection that ended since.
  if (!opening && info && (state != TCP_CLOSE || info->bytes_acknowledged > 0)) {
    return {Is::done, 0};
  }
  int err = 0;
  socklen_t size = sizeof err;
  ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &size);
  if (err != 0) return {Is::failed, err};
  if (opening) return {Is::in_progress, 0};
  return info ? Handshake{Is::failed, ECONNABORTED} : Handshake{Is::done, 0};  // a Unix socket
}

int tcp_unsent(int fd) {
  int bytes = 0;
  return tcp_state(fd) && ::ioctl(fd, SIOCOUTQNSD, &bytes) == 0 ? bytes : 0;
}

int tcp_unacknowledged(int fd) {
  const auto state = tcp_state(fd);
  if (!state || state == TCP_SYN_SENT) return 0;
  int bytes = 0;
  return ::ioctl(fd, SIOCOUTQ, &bytes) == 0 ? bytes : 0;
}

TcpFigures tcp_figures(int fd) {
  tcp_info info{};
  socklen_t size = sizeof info;
  TcpFigures figures{};
  if (::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return figures;
  figures.rtt_us = info.tcpi_rtt;
  figures.retransmits = info.tcpi_total_retrans;
  figures.unacknowledged = tcp_unacknowledged(fd);
  return figures;
}

}  // namespace tcpkit::net
