#include "os/epoll.h"

#include <sys/epoll.h>

#include <cerrno>

namespace tcpkit::os {

int watch_by_epoll(int epoll, int fd, Readiness what) {
  epoll_event event{};
  if (what.readable) event.events |= EPOLLIN;
  if (what.writable) event.events |= EPOLLOUT;
  if (what.prioritized) event.events |= EPOLLPRI;
  event.data.fd = fd;
  return ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0 || errno == EEXIST ? 0 : errno;
}

}  // namespace tcpkit::os
