#include "os/keepalive_times.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace tcpkit::os {
namespace {

int number_of(int fd, int level, int option) {
  int value = 0;
  socklen_t size = sizeof value;
  return ::getsockopt(fd, level, option, &value, &size) == 0 ? value : 0;
}

}  // namespace

std::optional<KeepaliveTimes> keepalive_times(int fd) {
  if (number_of(fd, SOL_SOCKET, SO_KEEPALIVE) == 0) return {};
  return KeepaliveTimes{std::chrono::seconds(number_of(fd, IPPROTO_TCP, TCP_KEEPIDLE)),
                        std::chrono::seconds(number_of(fd, IPPROTO_TCP, TCP_KEEPINTVL))};
}

}  // namespace tcpkit::os
