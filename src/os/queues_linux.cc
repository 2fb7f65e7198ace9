#include "os/queues.h"

#include <linux/sockios.h>
#include <poll.h>
#include <sys/ioctl.h>

#include <algorithm>

#include "os/tcp_info.h"

namespace tcpkit::os {
namespace {

std::size_t queued(int fd, unsigned long which) {
  int bytes = 0;
  return ::ioctl(fd, which, &bytes) == 0 ? static_cast<std::size_t>(std::max(bytes, 0)) : 0;
}

}  // namespace

std::size_t unread(int fd) {
  return queued(fd, SIOCINQ);
}

std::size_t unacknowledged(int fd) {
  const auto state = tcp_state(fd);
  return state && state != tcp::State::syn_sent ? queued(fd, SIOCOUTQ) : 0;
}

std::size_t unsent(int fd) {
  return tcp_state(fd) ? queued(fd, SIOCOUTQNSD) : 0;
}

bool peer_has_ended(int fd) {
  pollfd end{fd, POLLRDHUP, 0};
  return ::poll(&end, 1, 0) != 0;
}

}  // namespace tcpkit::os
