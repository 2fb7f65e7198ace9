#include <fcntl.h>
#include <fmt/core.h>
#include <linux/magic.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>

#include "os/pipe.h"

namespace tcpkit::os {
namespace {

ssize_t result(ssize_t n) {
  return n >= 0 ? n : -errno;
}

bool is_anonymous_pipe(int fd) {
  struct statfs fs {};
  return ::fstatfs(fd, &fs) == 0 && fs.f_type == PIPEFS_MAGIC;
}

}  // namespace

bool open_pipe(std::array<int, 2>& ends) {
  return ::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) == 0;
}

void enlarge_pipe(int fd) {
  static constexpr int wanted = 1 << 20;
  const int size = ::fcntl(fd, F_GETPIPE_SZ);
  if (size > 0 && size < wanted) ::fcntl(fd, F_SETPIPE_SZ, wanted);
}

// NOLINTNEXTLINE(readability-non-const-parameter): preadv2() writes into it
ssize_t read_pipe(int fd, char* buffer, std::size_t size) {
  const iovec part{buffer, size};
  return result(::preadv2(fd, &part, 1, -1, RWF_NOWAIT));
}

ssize_t splice(int from, int to, std::size_t most) {
  return result(::splice(from, nullptr, to, nullptr, most, SPLICE_F_NONBLOCK | SPLICE_F_MOVE));
}

ssize_t receive_nothing(int socket, std::size_t most) {
  return result(::recv(socket, nullptr, most, MSG_TRUNC | MSG_DONTWAIT));
}

int reopen(int fd) {
  if (::isatty(fd) != 1 && !is_anonymous_pipe(fd)) return -1;
  const std::string path = fmt::format("/proc/self/fd/{}", fd);
  return ::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

}  // namespace tcpkit::os
