#include "os/udp_port.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

namespace tcpkit::os {

int bind_udp(const Address& address) {
  const int fd = ::socket(address.get()->sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -errno;
  if (::bind(fd, address.get(), address.size()) == 0) return fd;
  const int err = errno;
  ::close(fd);
  return -err;
}

}  // namespace tcpkit::os
