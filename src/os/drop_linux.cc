#include <linux/filter.h>
#include <sys/socket.h>

#include <cerrno>

#include "os/drop.h"

namespace tcpkit::os {

int drop_incoming(int fd, bool on) {
  sock_filter drop_all{BPF_RET | BPF_K, 0, 0, 0};
  const sock_fprog program{1, &drop_all};
  const int option = on ? SO_ATTACH_FILTER : SO_DETACH_FILTER;
  return ::setsockopt(fd, SOL_SOCKET, option, &program, sizeof program) == 0 ? 0 : errno;
}

}  // namespace tcpkit::os
