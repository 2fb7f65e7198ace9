#include "net/addresses.h"

#include <sys/socket.h>

namespace tcpkit::net {
namespace {

std::optional<Address> ask(int fd, int (*get)(int, sockaddr*, socklen_t*)) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  auto* address = reinterpret_cast<sockaddr*>(&storage);
  if (get(fd, address, &size) != 0) return {};
  return Address::from_sockaddr(address, size);
}

}  // namespace

std::optional<Address> local_address(int fd) {
  return ask(fd, ::getsockname);
}

std::optional<Address> remote_address(int fd) {
  return ask(fd, ::getpeername);
}

}  // namespace tcpkit::net
