#include "os/accept.h"

#include <sys/socket.h>

namespace tcpkit::os {

int accept_client(int fd) {
  return ::accept4(fd, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

}  // namespace tcpkit::os
