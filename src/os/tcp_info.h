#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "tcp/states.h"

namespace tcpkit::os {

/// What the kernel knows of a TCP connection (TCP_INFO of tcp(7)), in our own types.
struct TcpInfo {
  tcp::State state;                          ///< in TIME_WAIT it says `closed` of the descriptor
  int keepalive_unanswered;                  ///< probes sent since the last ACK
  std::chrono::milliseconds since_last_ack;  ///< since any ACK came; jiffies, so 1 to 10 ms rough
  std::uint64_t bytes_received;              ///< FIN counts as a byte
  std::uint64_t bytes_acknowledged;          ///< SYN and FIN count as a byte
  std::uint64_t bytes_sent;                  ///< of data, each byte once
  std::uint32_t segments_received;
  int retransmits;          ///< of the oldest segment in flight
  int unacknowledged;       ///< segments in flight
  std::uint32_t not_sent;   ///< bytes that wait for room at the peer
  std::uint32_t rtt_us;     ///< smoothed round-trip time, in microseconds
  std::uint32_t rttvar_us;  ///< its deviation
  std::uint32_t cwnd;       ///< congestion window, in segments
  std::uint32_t mss;        ///< of what we send, in bytes
  std::uint32_t total_retransmits;
  std::optional<std::uint64_t> delivery_rate;  ///< bytes per second; older kernels do not say
};

/// Empty for what is no TCP socket.
std::optional<TcpInfo> tcp_info(int fd);

/// Its state alone.
std::optional<tcp::State> tcp_state(int fd);

}  // namespace tcpkit::os
