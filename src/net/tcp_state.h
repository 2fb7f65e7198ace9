#pragma once

#include <cstdint>
#include <optional>

namespace tcpkit::net {

/// The kernel's state of a connection, as <netinet/tcp.h> numbers them (TCP_ESTABLISHED and so on).
/// Empty for sockets that are not TCP.
std::optional<int> tcp_state(int fd);

/// True where the kernel's TCP state machine is in CLOSED (RFC 9293 3.3.2): a RST or a timeout
/// ended the connection. False for sockets that are not TCP.
bool tcp_closed(int fd);

/// True once our FIN has been acknowledged: FIN_WAIT2, TIME_WAIT, CLOSED (and LAST_ACK's end).
bool tcp_fin_acknowledged(int fd);

/// What has become of a non-blocking connect(2).
struct Handshake {
  enum class Is { in_progress, done, failed };
  Is is;
  int err;  ///< of a failed one: the errno, which SO_ERROR no longer holds
};

/// Asks the kernel, after poll(2) has reported `fd` as writable or (not `writable`) as in error. A
/// connection that was made and reset since is `done`: SO_ERROR still holds the cause for the read.
Handshake handshake_of(int fd, bool writable);

/// Bytes that the kernel has not sent yet, our FIN as one of them: they wait for room at the peer.
/// 0 for sockets that are not TCP.
int tcp_unsent(int fd);

/// Bytes that the peer has not acknowledged, sent or not, our FIN as one of them. 0 for sockets
/// that are not TCP.
int tcp_unacknowledged(int fd);

/// Of a TCP socket, at this moment; all 0 for others.
struct TcpFigures {
  int unacknowledged;         ///< bytes that the peer has not acknowledged, our FIN as one of them
  std::uint32_t rtt_us;       ///< smoothed round-trip time
  std::uint32_t retransmits;  ///< segments, since the connection's start
};
TcpFigures tcp_figures(int fd);

}  // namespace tcpkit::net
