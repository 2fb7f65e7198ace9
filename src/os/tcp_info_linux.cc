// <linux/tcp.h> and <netinet/tcp.h> do not compile together; glibc's tcp_info ends too early.
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstddef>

#include "os/kernel_state.h"
#include "os/tcp_info.h"

namespace tcpkit::os {

std::optional<TcpInfo> tcp_info(int fd) {
  ::tcp_info info{};
  socklen_t size = sizeof info;
  if (::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return {};
  TcpInfo out{};
  out.state = state_of(info.tcpi_state);
  out.keepalive_unanswered = info.tcpi_probes;
  out.since_last_ack = std::chrono::milliseconds(info.tcpi_last_ack_recv);
  out.bytes_received = info.tcpi_bytes_received;
  out.bytes_acknowledged = info.tcpi_bytes_acked;
  out.segments_received = info.tcpi_segs_in;
  out.bytes_sent = info.tcpi_bytes_sent - info.tcpi_bytes_retrans;
  out.retransmits = info.tcpi_retransmits;
  out.unacknowledged = static_cast<int>(info.tcpi_unacked);
  out.not_sent = info.tcpi_notsent_bytes;
  out.rtt_us = info.tcpi_rtt;
  out.rttvar_us = info.tcpi_rttvar;
  out.cwnd = info.tcpi_snd_cwnd;
  out.mss = info.tcpi_snd_mss;
  out.total_retransmits = info.tcpi_total_retrans;
  if (size >= offsetof(::tcp_info, tcpi_delivery_rate) + sizeof info.tcpi_delivery_rate)
    out.delivery_rate = info.tcpi_delivery_rate;
  return out;
}

std::optional<tcp::State> tcp_state(int fd) {
  const auto info = tcp_info(fd);
  return info ? std::optional(info->state) : std::nullopt;
}

}  // namespace tcpkit::os
