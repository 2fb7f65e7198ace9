// Runs a command with a socket of some kind as an inherited descriptor, the way a service manager
// does, or in a world without IPv6.
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/un.h>

#include <cstddef>
#include <cstdint>

#include "support.h"

namespace {

constexpr const char* help =
    "inherit KIND FD COMMAND [ARG...]   KIND is the descriptor FD of the command:\n"
    "  listen    a listener on 127.0.0.1        listen6   a listener on ::1\n"
    "  connect:PORT  connected to 127.0.0.1     unix:PATH a listener at a path\n"
    "  bound     bound, not listening           udp       a UDP socket\n"
    "  file      no socket at all               closed    nothing\n"
    "  accepted  accepted on 127.0.0.1 and sent \"before\", all acknowledged\n"
    "  noipv6    nothing, and socket(AF_INET6) fails as where there is no IPv6\n"
    "  nodiag    nothing, and there is no sock_diag(7)\n"
    "Prints the port of listen, listen6, bound and accepted. LISTEN_PID=self becomes the command's "
    "process.";

int unix_listener(const char* path) {
  sockaddr_un at{};
  at.sun_family = AF_UNIX;
  std::snprintf(at.sun_path, sizeof at.sun_path, "%s", path);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
  if (fd < 0 || ::bind(fd, reinterpret_cast<sockaddr*>(&at), sizeof at) != 0 ||
      ::listen(fd, 8) != 0) {
    support::fail("listen");
  }
  return fd;
}

int bound(int type) {
  support::Address at = support::address("127.0.0.1", 0);
  const int fd = ::socket(AF_INET, type, 0);
  if (fd < 0 || ::bind(fd, at.get(), at.length) != 0) {
    support::fail("bind");
  }
  return fd;
}

/// socket(2) of this value of its argument `at`, among those of `family`, fails.
void forbid(unsigned family, unsigned at, unsigned value) {
  // The low half of a number comes first: little endian.
  const auto argument = [](unsigned n) {
    return static_cast<unsigned>(offsetof(seccomp_data, args) + n * sizeof(std::uint64_t));
  };
  sock_filter code[] = {
      {BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, nr)},
      {BPF_JMP | BPF_JEQ | BPF_K, 0, 5, SYS_socket},
      {BPF_LD | BPF_W | BPF_ABS, 0, 0, argument(0)},
      {BPF_JMP | BPF_JEQ | BPF_K, 0, 3, family},
      {BPF_LD | BPF_W | BPF_ABS, 0, 0, argument(at)},
      {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, value},
      {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | EAFNOSUPPORT},
      {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW},
  };
  sock_fprog program{sizeof code / sizeof *code, code};
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
      ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
    support::fail("prctl");
  }
}

/// Whose client has all that was sent to it.
int accepted() {
  const int listener = support::listen_on(false, 1);
  support::announce(support::port_of(listener));
  const int fd = ::accept(listener, nullptr, nullptr);
  ::close(listener);
  if (fd < 0 || ::send(fd, "before", 6, 0) != 6) support::fail("accept");
  int waiting = 1;
  while (::ioctl(fd, SIOCOUTQ, &waiting) == 0 && waiting > 0) {
    support::sleep_ms(1);
  }
  return fd;
}

int make(std::string_view kind) {
  const std::string path(kind.substr(kind.find(':') + 1));
  if (kind == "listen") return support::listen_on(false, 8);
  if (kind == "listen6") return support::listen_on(true, 8);
  if (kind.starts_with("connect:")) return support::dial("127.0.0.1", path.c_str());
  if (kind.starts_with("unix:")) return unix_listener(path.c_str());
  if (kind == "bound") return bound(SOCK_STREAM);
  if (kind == "udp") return bound(SOCK_DGRAM);
  if (kind == "file") return ::open("/dev/null", O_RDWR);
  if (kind == "accepted") return accepted();
  if (kind == "noipv6") forbid(AF_INET6, 0, AF_INET6);
  if (kind == "nodiag") forbid(AF_NETLINK, 2, NETLINK_SOCK_DIAG);
  return -1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    support::usage(help);
  }
  const std::string_view kind = argv[1];
  const int wanted = static_cast<int>(support::size(argv[2]));
  const int fd = make(kind);
  if (fd >= 0 && fd != wanted) {
    ::dup2(fd, wanted);
    ::close(fd);
  } else if (fd >= 0) {
    ::fcntl(fd, F_SETFD, 0);
  } else {
    ::close(wanted);
  }
  if (kind == "listen" || kind == "listen6" || kind == "bound") {
    support::announce(support::port_of(wanted));
  }
  const char* pid = std::getenv("LISTEN_PID");
  if (pid != nullptr && std::string_view(pid) == "self") {
    ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
  }
#ifdef PR_SET_PTRACER
  ::prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);  // so that sockopt may look at its sockets
#endif
  ::execvp(argv[3], argv + 3);
  support::fail("exec");
}
