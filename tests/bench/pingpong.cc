// pingpong IP PORT CONNECTIONS MESSAGES: each of so many connections sends a message of 64 bytes,
// waits for the same bytes, sends the next one, MESSAGES times. Prints messages per second.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace {

constexpr std::size_t message_size = 64;
constexpr int stall_ms = 20000;

using Message = std::array<char, message_size>;

struct Connection {
  int fd = -1;
  std::uint64_t number = 0;  ///< of the message under way, from 1
  std::size_t received = 0;  ///< bytes of its echo
  Message sent{};
  Message echo{};
};

[[noreturn]] void fail(const char* what, int err) {
  std::fprintf(stderr, "pingpong: %s: %s\n", what, std::strerror(err));
  std::exit(1);
}

int dial(const char* ip, const char* port) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<std::uint16_t>(std::strtoul(port, nullptr, 10)));
  if (::inet_pton(AF_INET, ip, &to.sin_addr) != 1) {
    fail(ip, EINVAL);
  }
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || ::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) {
    fail("connect", errno);
  }
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
  return fd;
}

/// 64 bytes with at most one message in flight always fit: a short write is a fault.
void send_next(Connection& c) {
  ++c.number;
  c.received = 0;
  std::memcpy(c.sent.data() + sizeof c.fd, &c.number, sizeof c.number);
  if (::send(c.fd, c.sent.data(), c.sent.size(), MSG_NOSIGNAL) != message_size) {
    fail("send", errno);
  }
}

/// Takes what is there; true when the whole echo is, and is what was sent.
bool receive(Connection& c) {
  const ssize_t n = ::recv(c.fd, c.echo.data() + c.received, message_size - c.received, 0);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
    return false;
  }
  if (n <= 0) {
    fail("recv", n == 0 ? EPIPE : errno);
  }
  c.received += static_cast<std::size_t>(n);
  if (c.received < message_size) {
    return false;
  }
  if (c.echo != c.sent) {
    fail("the echo differs from what was sent", EBADMSG);
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fputs("usage: pingpong IP PORT CONNECTIONS MESSAGES\n", stderr);
    return 2;
  }
  const std::uint64_t messages = std::strtoull(argv[4], nullptr, 10);
  std::vector<Connection> connections(std::strtoull(argv[3], nullptr, 10));
  const int poll = ::epoll_create1(EPOLL_CLOEXEC);
  for (Connection& c : connections) {
    c.fd = dial(argv[1], argv[2]);
    c.sent.fill('.');
    std::memcpy(c.sent.data(), &c.fd, sizeof c.fd);
    epoll_event want{};
    want.events = EPOLLIN;
    want.data.ptr = &c;
    if (::epoll_ctl(poll, EPOLL_CTL_ADD, c.fd, &want) != 0) {
      fail("epoll_ctl", errno);
    }
  }
  const auto start = std::chrono::steady_clock::now();
  for (Connection& c : connections) {
    send_next(c);
  }
  std::array<epoll_event, 256> ready{};
  for (std::size_t open = messages > 0 ? connections.size() : 0; open > 0;) {
    const int n = ::epoll_wait(poll, ready.data(), static_cast<int>(ready.size()), stall_ms);
    if (n <= 0) {
      fail("epoll_wait", n == 0 ? ETIMEDOUT : errno);
    }
    for (int i = 0; i < n; ++i) {
      auto& c = *static_cast<Connection*>(ready[static_cast<std::size_t>(i)].data.ptr);
      if (!receive(c)) {
        continue;
      }
      if (c.number < messages) {
        send_next(c);
      } else {
        --open;
      }
    }
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  std::printf("%.0f\n", static_cast<double>(messages) * static_cast<double>(connections.size()) /
                            took.count());
  return 0;
}
