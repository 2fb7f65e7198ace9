// blackhole [-6]: a port on loopback that answers no SYN: a listener whose queue is full. Prints
// the port once a further connect is seen to get no answer; holds as `peer hold` does. If that
// ends, because stdin does, it accepts all that come, and prints `accepted` for each of those whose
// SYN had got no answer.
#include <fcntl.h>
#include <poll.h>

#include "support.h"

namespace {

/// Connects, and says whether an answer came within a quarter of a second. A descriptor that got
/// one stays open: it is what fills the queue.
bool answered(support::Address to) {
  const int fd = ::socket(to.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0 || (::connect(fd, to.get(), to.length) != 0 && errno != EINPROGRESS)) {
    support::fail("connect");
  }
  pollfd connected{fd, POLLOUT, 0};
  if (::poll(&connected, 1, 250) > 0) {
    return true;
  }
  ::close(fd);
  return false;
}

}  // namespace

int main(int argc, char** argv) {
  support::limit_lifetime();
  const bool v6 = argc == 2 && std::string_view(argv[1]) == "-6";
  if (argc > 1 && !v6) {
    support::usage("blackhole [-6]");
  }
  const int listener = support::listen_on(v6, 0);
  const support::Address to = support::local_address(listener);
  int filled = 0;
  while (answered(to)) {
    if (++filled > 16) {
      support::fail("blackhole", EISCONN);
    }
  }
  support::announce(support::port_of(listener));
  support::hold();
  for (int accepted = 0;; ++accepted) {
    if (::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC) < 0) {
      support::fail("accept");
    }
    if (accepted >= filled) {
      std::printf("accepted\n");
      std::fflush(stdout);
    }
  }
}
