#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "os/drop.h"
#include "os/vanish.h"

namespace tcpkit::os {
namespace {

template <class T>
bool set(int fd, int level, int option, const T& value) {
  return ::setsockopt(fd, level, option, &value, sizeof value) == 0;
}

}  // namespace

Vanished vanish(int fd) {
  if (drop_incoming(fd, true) != 0) return Vanished::refused;
  set(fd, SOL_SOCKET, SO_KEEPALIVE, 0);
  return set(fd, IPPROTO_TCP, TCP_REPAIR, 1) ? Vanished::silently : Vanished::deaf;
}

bool is_silenced(int fd) {
  int value = 0;
  socklen_t size = sizeof value;
  return ::getsockopt(fd, IPPROTO_TCP, TCP_REPAIR, &value, &size) == 0 && value > 0;
}

}  // namespace tcpkit::os
