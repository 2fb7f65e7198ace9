#include "stdio/output.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <linux/magic.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <utility>

#include "base/error.h"

namespace tcpkit::stdio {
namespace {

constexpr int pipe_size = 1 << 20;  // what an ordinary user gets by default (pipe(7))

bool is_dev_null(const struct stat& st) {
  return S_ISCHR(st.st_mode) && major(st.st_rdev) == 1 && minor(st.st_rdev) == 3;
}

bool is_same_file(int one, int other) {
  struct stat a {};
  struct stat b {};
  return ::fstat(one, &a) == 0 && ::fstat(other, &b) == 0 && a.st_dev == b.st_dev &&
         a.st_ino == b.st_ino;
}

bool is_anonymous_pipe(int fd) {
  struct statfs fs {};
  return ::fstatfs(fd, &fs) == 0 && fs.f_type == PIPEFS_MAGIC;
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
    // A named pipe is not opened again: that could wait for a reader, or wake one.
    if (terminal || is_anonymous_pipe(fd)) reopen();
    // On a blocking description poll(2) promises room for this much only.
    if (own_fd_ < 0) chunk_ = PIPE_BUF;
  }
  const bool append = (::fcntl(fd, F_GETFL) & O_APPEND) != 0;  // splice(2): EINVAL
  if (S_ISFIFO(st.st_mode)) {
    splice_ = Splice::direct;
    if (::fcntl(fd, F_GETPIPE_SZ) < pipe_size) ::fcntl(fd, F_SETPIPE_SZ, pipe_size);
  } else if ((S_ISREG(st.st_mode) && !append) || is_dev_null(st)) {
    splice_ = Splice::through_pipe;
  }
}

Output::~Output() {
  poll_.reset();
  for (const int fd : {own_fd_, pipe_[0], pipe_[1]}) {
    if (fd >= 0) ::close(fd);
  }
}

void Output::reopen() {
  const std::string path = fmt::format("/proc/self/fd/{}", fd_);
  own_fd_ = ::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
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
  splice_ = Splice::no;
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
  splice_ = Splice::no;
  if (own_fd_ >= 0) ::close(std::exchange(own_fd_, -1));
  // Its number stays taken: no socket must become descriptor 1.
  const int null = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  ::dup2(null, fd_);
  if (null != fd_) ::close(null);
  fd_ = -1;
}

ssize_t Output::splice_from(int socket, std::size_t most) {
  int to = own_fd_ >= 0 ? own_fd_ : fd_;
  if (splice_ == Splice::through_pipe) {
    if (pipe_[0] < 0) {
      if (::pipe2(pipe_, O_CLOEXEC | O_NONBLOCK) != 0) {
        splice_ = Splice::no;
        return -EINTR;
      }
      ::fcntl(pipe_[1], F_SETPIPE_SZ, pipe_size);
    }
    to = pipe_[1];
  }
  const ssize_t n = ::splice(socket, nullptr, to, nullptr, most, SPLICE_F_NONBLOCK | SPLICE_F_MOVE);
  if (n > 0 && splice_ == Splice::through_pipe) {
    empty_pipe(static_cast<std::size_t>(n));
    return n;
  }
  if (n >= 0) return n;
  const int err = errno;
  if (err == EPIPE) {  // reading from a socket never says this
    fail(EPIPE);
    return -EAGAIN;
  }
  if (is_connection_error(err) || err == EINTR) return -err;
  // The kernel, a file system or a seccomp filter does not let us: by hand, from now on.
  if (err != EAGAIN) {
    splice_ = Splice::no;
    return -EINTR;
  }
  if (splice_ == Splice::direct) {
    pollfd p{fd_, POLLOUT, 0};
    if (::poll(&p, 1, 0) == 0) {
      full_ = true;
      wait();
    }
  }
  return -EAGAIN;
}

/// Moves what the inner pipe holds on to the file. If the file takes no splice, by hand: an error
/// of the file's own comes again from write(2).
void Output::empty_pipe(std::size_t bytes) {
  while (bytes > 0 && splice_ == Splice::through_pipe) {
    const ssize_t n = ::splice(pipe_[0], nullptr, fd_, nullptr, bytes, SPLICE_F_MOVE);
    if (n > 0) {
      bytes -= static_cast<std::size_t>(n);
    } else if (n == 0 || errno != EINTR) {
      splice_ = Splice::no;
    }
  }
  char block[65536];
  while (bytes > 0 && !failed_) {
    const ssize_t n = ::read(pipe_[0], block, std::min(bytes, sizeof block));
    if (n > 0) {
      bytes -= static_cast<std::size_t>(n);
      write({block, static_cast<std::size_t>(n)});
    } else if (n == 0 || (errno != EINTR && errno != EAGAIN)) {
      fail(n == 0 ? EIO : errno);
    }
  }
}

}  // namespace tcpkit::stdio
