#include "os/option_numbers.h"

#include <netinet/tcp.h>
#include <sys/socket.h>

namespace tcpkit::os {

const int so_bindtodevice = SO_BINDTODEVICE;

const int tcp_nodelay = TCP_NODELAY;
const int tcp_keepidle = TCP_KEEPIDLE;
const int tcp_keepintvl = TCP_KEEPINTVL;
const int tcp_keepcnt = TCP_KEEPCNT;
const int tcp_user_timeout = TCP_USER_TIMEOUT;
const int tcp_congestion = TCP_CONGESTION;
const int tcp_fastopen_connect = TCP_FASTOPEN_CONNECT;

}  // namespace tcpkit::os
