#pragma once

#include <cstddef>

namespace tcpkit::os {

/// Bytes that have come and wait to be read (SIOCINQ of tcp(7)), of a TCP or a Unix socket; 0 if
/// the kernel does not say.
std::size_t unread(int fd);

/// Bytes that the peer has not acknowledged, sent or not, our FIN as one of them (SIOCOUTQ). 0 for
/// sockets that are not TCP, and before there is a connection.
std::size_t unacknowledged(int fd);

/// Bytes that the kernel has not sent yet, our FIN as one of them: they wait for room at the peer
/// (SIOCOUTQNSD). 0 for sockets that are not TCP.
std::size_t unsent(int fd);

/// True if the peer's FIN has come, whatever waits before it, or the connection has failed.
bool peer_has_ended(int fd);

}  // namespace tcpkit::os
