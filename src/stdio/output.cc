#include "stdio/output.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <utility>

#include "base/error.h"
#include "os/pipe.h"

namespace tcpkit::stdio {
namespace {

constexpr std::size_t block_size = 1 << 18;

bool is_dev_null(const struct stat& st) {
  struct stat null {};
  return S_ISCHR(st.st_mode) && ::stat("/dev/null", &null) == 0 && st.st_rdev == null.st_rdev;
}

bool is_same_file(int one, int other) {
  struct stat a {};
  struct stat b {};
  return ::fstat(one, &a) == 0 && ::fstat(other, &b) == 0 && a.st_dev == b.st_dev &&
         a.st_ino == b.st_ino;
}

}  // namespace

Output::Output(uv::Loop& loop, int fd, Callbacks callbacks)
    : loop_(loop), fd_(fd), callbacks_(std::move(callbacks)) {
  struct stat st {};
  ::fstat(fd, &st);
  is_socket_ = S_ISSOCK(st.st_mode);
  const bool terminal = ::isatty(fd) == 1;
  is_stream_ = S_ISFIFO(st.st_mode) || terminal;
  if (is_stream_) {
    own_fd_ = os::reopen(fd);
    // On a blocking description poll(2) promises room for this much only.
    if (own_fd_ < 0) chunk_ = PIPE_BUF;
  }
  if (S_ISFIFO(st.st_mode)) {
    way_ = Way::splice;
    os::enlarge_pipe(fd);
  } else if (S_ISREG(st.st_mode)) {
    way_ = Way::blocks;
  } else if (is_dev_null(st) && (::fcntl(fd, F_GETFL) & O_ACCMODE) != O_RDONLY) {
    way_ = Way::drop;  // not the closed stdout that main opened on it
  }
}

Output::~Output() {
  poll_.reset();
  if (own_fd_ >= 0) ::close(own_fd_);
}

ssize_t Output::write_some(std::string_view bytes) {
  if (chunk_ != 0) {
    bytes = bytes.substr(0, chunk_);
    pollfd p{fd_, POLLOUT, 0};
    if (::poll(&p, 1, 0) == 0) return -EAGAIN;
  }
  const ssize_t n = is_socket_
                        ? ::send(fd_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL)
                        : ::write(own_fd_ >= 0 ? own_fd_ : fd_, bytes.data(), bytes.size());
  return n >= 0 ? n : -errno;
}

bool Output::write(std::string_view bytes) {
  if (failed_ || fd_ < 0) return true;
  while (pending_.empty() && !bytes.empty()) {
    const ssize_t n = write_some(bytes);
    if (n >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(n));
    } else if (n == -EAGAIN) {
      break;
    } else if (n != -EINTR) {
      fail(static_cast<int>(-n));
      return true;
    }
  }
  if (bytes.empty()) return !pending();
  pending_.append(bytes);
  wait();
  return false;
}

void Output::wait() {
  if (!poll_) {
    poll_ = uv::Poll::create(loop_, fd_, this, [](void* owner, int events) {
      auto* self = static_cast<Output*>(owner);
      if (events < 0) return self->fail(-events);
      self->flush();
    });
  }
  poll_->watch(UV_WRITABLE);
}

void Output::flush() {
  while (!pending_.empty()) {
    const ssize_t n = write_some(pending_);
    if (n >= 0) {
      pending_.erase(0, static_cast<std::size_t>(n));
    } else if (n == -EAGAIN) {
      return wait();
    } else if (n != -EINTR) {
      return fail(static_cast<int>(-n));
    }
  }
  full_ = false;
  if (poll_) poll_->watch(0);
  if (close_wanted_) close();
  if (callbacks_.on_drain) callbacks_.on_drain();
}

void Output::fail(int err) {
  failed_ = true;
  way_ = Way::write;
  const bool waited = pending();
  discard();
  callbacks_.on_error(err);
  if (waited && callbacks_.on_drain) callbacks_.on_drain();
}

void Output::discard() {
  pending_.clear();
  full_ = false;
  if (poll_) poll_->watch(0);
}

void Output::close() {
  close_wanted_ = true;
  if (pending() || fd_ < 0) return;
  poll_.reset();
  // stdin keeps the socket open, so that its other end would see no end.
  if (is_socket_ && is_same_file(fd_, STDIN_FILENO)) ::shutdown(fd_, SHUT_WR);
  way_ = Way::write;
  if (own_fd_ >= 0) ::close(std::exchange(own_fd_, -1));
  // Its number stays taken: no socket must become descriptor 1.
  const int null = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  ::dup2(null, fd_);
  if (null != fd_) ::close(null);
  fd_ = -1;
}

ssize_t Output::take_from(int socket, std::size_t most) {
  switch (way_) {
    case Way::splice:
      return splice_from(socket, most);
    case Way::blocks:
      return copy_from(socket);
    case Way::drop: {
      const ssize_t n = os::receive_nothing(socket, most);
      if (n != -EFAULT) return n;
      way_ = Way::write;  // a Unix socket: it wants a buffer
      return -EINTR;
    }
    case Way::write:
      break;
  }
  return -EINTR;
}

ssize_t Output::splice_from(int socket, std::size_t most) {
  const ssize_t n = os::splice(socket, own_fd_ >= 0 ? own_fd_ : fd_, most);
  if (n >= 0) return n;
  const int err = static_cast<int>(-n);
  if (err == EPIPE) {  // reading from a socket never says this
    fail(EPIPE);
    return -EAGAIN;
  }
  if (is_connection_error(err) || err == EINTR) return -err;
  // The kernel or a seccomp filter does not let us: by hand, from now on.
  if (err != EAGAIN) {
    way_ = Way::write;
    return -EINTR;
  }
  pollfd p{fd_, POLLOUT, 0};
  if (::poll(&p, 1, 0) == 0) {
    full_ = true;
    wait();
  }
  return -EAGAIN;
}

ssize_t Output::copy_from(int socket) {
  if (!block_) block_ = std::make_unique_for_overwrite<char[]>(block_size);
  const ssize_t n = ::recv(socket, block_.get(), block_size, MSG_DONTWAIT);
  if (n <= 0) return n == 0 ? 0 : -errno;
  write({block_.get(), static_cast<std::size_t>(n)});
  return n;
}

}  // namespace tcpkit::stdio
