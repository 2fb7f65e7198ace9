// sockopt PID listening|connected: the options of that socket of a running process, as the kernel
// has them, one NAME=VALUE a line. Exit 77 where this may not be looked at.
#include <dirent.h>
#include <netinet/tcp.h>
#include <sys/syscall.h>

#include "support.h"

namespace {

int number(int fd, int level, int option) {
  int value = 0;
  socklen_t size = sizeof value;
  return ::getsockopt(fd, level, option, &value, &size) == 0 ? value : -1;
}

void print(const char* name, int value) {
  std::printf("%s=%d\n", name, value);
}

void print_all(int fd) {
  const int domain = number(fd, SOL_SOCKET, SO_DOMAIN);
  print("sndbuf", number(fd, SOL_SOCKET, SO_SNDBUF));
  print("rcvbuf", number(fd, SOL_SOCKET, SO_RCVBUF));
  print("reuseaddr", number(fd, SOL_SOCKET, SO_REUSEADDR));
  print("reuseport", number(fd, SOL_SOCKET, SO_REUSEPORT));
  print("keepalive", number(fd, SOL_SOCKET, SO_KEEPALIVE));
  print("keepidle", number(fd, IPPROTO_TCP, TCP_KEEPIDLE));
  print("keepintvl", number(fd, IPPROTO_TCP, TCP_KEEPINTVL));
  print("keepcnt", number(fd, IPPROTO_TCP, TCP_KEEPCNT));
  print("nodelay", number(fd, IPPROTO_TCP, TCP_NODELAY));
  print("user_timeout", number(fd, IPPROTO_TCP, TCP_USER_TIMEOUT));
  print("fastopen_connect", number(fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT));
  print("tos", number(fd, IPPROTO_IP, IP_TOS));
  print("ttl", number(fd, IPPROTO_IP, IP_TTL));
  if (domain == AF_INET6) {
    print("tclass", number(fd, IPPROTO_IPV6, IPV6_TCLASS));
    print("hops", number(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS));
    print("v6only", number(fd, IPPROTO_IPV6, IPV6_V6ONLY));
  }
  linger value{};
  socklen_t size = sizeof value;
  ::getsockopt(fd, SOL_SOCKET, SO_LINGER, &value, &size);
  print("linger", value.l_onoff == 0 ? -1 : value.l_linger);
  char text[64] = {};
  size = sizeof text - 1;
  ::getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, text, &size);
  std::printf("congestion=%s\n", text);
  char device[64] = {};
  size = sizeof device - 1;
  ::getsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, device, &size);
  std::printf("interface=%s\n", device);
}

}  // namespace

int main(int argc, char** argv) {
  support::limit_lifetime();
  if (argc != 3) {
    support::usage("sockopt PID listening|connected");
  }
  const bool listening = std::string_view(argv[2]) == "listening";
  const auto pid = static_cast<pid_t>(support::size(argv[1]));
  const int process = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
  DIR* folder = ::opendir(("/proc/" + std::to_string(pid) + "/fd").c_str());
  if (process < 0 || folder == nullptr) {
    support::fail("pidfd_open");
  }
  while (const dirent* entry = ::readdir(folder)) {
    if (entry->d_name[0] == '.') {
      continue;
    }
    const int theirs = std::atoi(entry->d_name);
    const int fd = static_cast<int>(::syscall(SYS_pidfd_getfd, process, theirs, 0));
    if (fd < 0 && (errno == EPERM || errno == ENOSYS)) {
      std::printf("not permitted to look at the sockets of another process\n");
      return 77;
    }
    const int domain = fd < 0 ? -1 : number(fd, SOL_SOCKET, SO_DOMAIN);
    const bool stream = (domain == AF_INET || domain == AF_INET6 || domain == AF_UNIX) &&
                        number(fd, SOL_SOCKET, SO_TYPE) == SOCK_STREAM;
    support::Address peer;
    const bool connected = stream && ::getpeername(fd, peer.get(), &peer.length) == 0;
    if (stream && (listening ? number(fd, SOL_SOCKET, SO_ACCEPTCONN) == 1 : connected)) {
      print_all(fd);
      ::closedir(folder);
      return 0;
    }
    ::close(fd);
  }
  support::fail("no such socket", ENOENT);
}
