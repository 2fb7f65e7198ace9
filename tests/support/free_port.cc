// free_port: a TCP port that was free on 127.0.0.1 just now, for programs that cannot be asked to
// listen on port 0 and say what they got.
#include "support.h"

int main() {
  const int fd = support::listen_on(false, 1);
  support::announce(support::port_of(fd));
  return ::close(fd);
}
