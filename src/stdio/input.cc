#include "stdio/input.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace tcpkit::stdio {
namespace {

Input::Kind kind_of(int fd, mode_t mode) {
  if (S_ISFIFO(mode) || S_ISSOCK(mode)) return Input::Kind::stream;
  if (S_ISREG(mode)) return Input::Kind::file;
  return ::isatty(fd) == 1 ? Input::Kind::terminal : Input::Kind::device;
}

}  // namespace

Input::Input(uv::Loop& loop, int fd, std::function<void()> on_readable)
    : fd_(fd), on_readable_(std::move(on_readable)) {
  struct stat st {};
  ::fstat(fd, &st);
  kind_ = kind_of(fd, st.st_mode);
  is_pipe_ = S_ISFIFO(st.st_mode);
  if (kind_ != Kind::file) {
    poll_ = uv::Poll::create(loop, fd, this, [](void* owner, int /*events*/) {
      auto* self = static_cast<Input*>(owner);
      self->stop();
      self->on_readable_();
    });
  }
  if (!poll_) {
    busy_ = std::make_unique<uv::Busy>(loop, [this] {
      stop();
      on_readable_();
    });
  }
}

void Input::wait() {
  if (poll_) {
    poll_->watch(UV_READABLE);
  } else {
    busy_->start();
  }
}

void Input::stop() {
  if (poll_) {
    poll_->watch(0);
  } else {
    busy_->stop();
  }
}

bool Input::readable() const {
  if (!poll_) return true;
  pollfd p{fd_, POLLIN, 0};
  return ::poll(&p, 1, 0) > 0;
}

ssize_t Input::read(char* buffer, std::size_t size) {
  if (!readable()) return -EAGAIN;
  const ssize_t n = ::read(fd_, buffer, size);
  if (n >= 0) return n;
  return errno == EINTR ? -EAGAIN : -errno;
}

std::size_t Input::bytes_left() const {
  int n = 0;
  if (kind_ != Kind::stream || ::ioctl(fd_, FIONREAD, &n) != 0) return 0;
  return static_cast<std::size_t>(n);
}

void Input::grow_pipe() const {
  static constexpr int wanted = 1 << 20;  // what an ordinary user gets by default (pipe(7))
  if (is_pipe_ && ::fcntl(fd_, F_GETPIPE_SZ) < wanted) ::fcntl(fd_, F_SETPIPE_SZ, wanted);
}

}  // namespace tcpkit::stdio
