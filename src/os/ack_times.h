#pragma once

#include <cstdint>
#include <optional>

namespace tcpkit::os {

/// The kernel's word that sent bytes have been acknowledged.
struct AckTime {
  std::uint32_t last_byte;  ///< of one send(2): counted from 0 at watch_acks(), modulo 2^32
  std::uint64_t time;       ///< of the ACK's arrival, in nanoseconds of CLOCK_REALTIME
};

/// Has the kernel tell of the ACK of each send(2) on a connected TCP socket from now on, in its
/// error queue (SO_TIMESTAMPING with TX_ACK; no privilege needed). The queue makes epoll(7) report
/// EPOLLERR until it is empty. False where the kernel cannot, or `fd` is no TCP socket.
bool watch_acks(int fd);

/// Takes one out of the error queue; nullopt once it is empty.
std::optional<AckTime> next_ack(int fd);

}  // namespace tcpkit::os
