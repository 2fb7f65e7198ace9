#pragma once

namespace tcpkit::net {

/// True if the kernel's TCP state machine is in CLOSED (RFC 9293 3.3.2): a RST or a timeout
/// ended the connection. False for sockets that are not TCP.
bool tcp_closed(int fd);

/// True once our FIN has been acknowledged: FIN_WAIT2, TIME_WAIT, CLOSED (and LAST_ACK's end).
bool tcp_fin_acknowledged(int fd);

/// The error that waits at the socket (SO_ERROR), which is taken from it; 0: none.
int take_error(int fd);

/// What has become of a non-blocking connect(2).
struct Handshake {
  enum class Is { in_progress, done, failed };
  Is is;
  int err;  ///< of a failed one: the errno, which SO_ERROR no longer holds
};

/// Asks the kernel, after poll(2) has reported `fd` as writable or (not `writable`) as in error. A
/// connection that was made and reset since is `done`: SO_ERROR still holds the cause for the read.
Handshake handshake_of(int fd, bool writable);

}  // namespace tcpkit::net
