#pragma once

/// The numbers that setsockopt(2) takes for those options that not every system has, or not in the
/// same header.
namespace tcpkit::os {

// SOL_SOCKET
extern const int so_bindtodevice;

// IPPROTO_TCP
extern const int tcp_nodelay;
extern const int tcp_keepidle;
extern const int tcp_keepintvl;
extern const int tcp_keepcnt;
extern const int tcp_user_timeout;
extern const int tcp_congestion;
extern const int tcp_fastopen_connect;

}  // namespace tcpkit::os
