// bare_dns [RCODE]: a DNS server on 127.0.0.1 that knows nothing: answers each question with that
// code (2 is SERVFAIL, 3 NXDOMAIN), or, without one, never. Prints its port, then a line for each.
#include "support.h"

int main(int argc, char** argv) {
  support::limit_lifetime();
  support::Address at = support::address("127.0.0.1", 0);
  const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || ::bind(fd, at.get(), at.length) != 0) {
    support::fail("bind");
  }
  support::announce(support::port_of(fd));
  while (true) {
    char message[512];
    support::Address from;
    const ssize_t n = ::recvfrom(fd, message, sizeof message, 0, from.get(), &from.length);
    if (n < 12) {  // less than a header
      continue;
    }
    std::puts("asked");
    std::fflush(stdout);
    if (argc < 2) {
      continue;
    }
    message[2] = static_cast<char>(0x81);                           // a response, recursion desired
    message[3] = static_cast<char>(0x80 | support::size(argv[1]));  // and available
    ::sendto(fd, message, static_cast<std::size_t>(n), 0, from.get(), from.length);
  }
}
