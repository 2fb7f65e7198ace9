#include "stdio/input.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <utility>

#include "os/pipe.h"

namespace tcpkit::stdio {
namespace {

Input::Kind kind_of(int fd, mode_t mode) {
  if (S_ISFIFO(mode) || S_ISSOCK(mode)) return Input::Kind::stream;
  if (S_ISREG(mode)) return Input::Kind::file;
  return ::isatty(fd) == 1 ? Input::Kind::terminal : Input::Kind::device;
}

}  // namespace

Input::Input(uv::Loop& loop, int fd, std::function<void()> on_readable)
    : loop_(loop), fd_(fd), on_readable_(std::move(on_readable)) {
  struct stat st {};
  ::fstat(fd, &st);
  kind_ = kind_of(fd, st.st_mode);
  is_pipe_ = reads_pipe_ = S_ISFIFO(st.st_mode);
  if (kind_ != Kind::file) {
    poll_ = uv::Poll::create(loop, fd, this, [](void* owner, int events) {
      auto* self = static_cast<Input*>(owner);
      if (events < 0) self->unwatchable(-events);
      self->stop();
      self->on_readable_();
    });
  }
  if (!poll_) {
    become_busy();
  } else if (poll_->refused() != 0) {
    unwatchable(poll_->refused());
  }
  if (kind_ == Kind::terminal) {
    background_timer_ = std::make_unique<uv::Timer>(loop, [this] { wait(); });
  }
}

void Input::become_busy() {
  poll_.reset();
  busy_ = std::make_unique<uv::Busy>(loop_, [this] {
    stop();
    on_readable_();
  });
}

/// EPERM: a device without poll(2), such as /dev/null, is always ready.
void Input::unwatchable(int err) {
  if (err != EPERM) error_ = err;
  become_busy();
}

/// The kernel stops a background job that reads its terminal (SIGTTIN, see setpgid(2)). Nothing
/// reports that the job comes to the foreground, so that has to be asked again and again.
bool Input::in_background() const {
  if (kind_ != Kind::terminal) return false;
  const pid_t foreground = ::tcgetpgrp(fd_);
  return foreground > 0 && foreground != ::getpgrp();
}

void Input::wait() {
  static constexpr std::chrono::milliseconds background_interval{100};
  if (in_background()) {
    background_timer_->start(background_interval);
  } else if (poll_) {
    poll_->watch(UV_READABLE);
  } else {
    busy_->start();
  }
}

void Input::stop() {
  if (background_timer_) background_timer_->stop();
  if (poll_) {
    poll_->watch(0);
  } else {
    busy_->stop();
  }
}

bool Input::readable() const {
  if (in_background()) return false;
  if (!poll_) return true;
  pollfd p{fd_, POLLIN, 0};
  return ::poll(&p, 1, 0) > 0;
}

ssize_t Input::read(char* buffer, std::size_t size) {
  if (error_ != 0) return -error_;
  if (reads_pipe_) {
    const ssize_t n = os::read_pipe(fd_, buffer, size);
    if (n >= 0 || n == -EAGAIN) return n;
    if (n == -EINTR) return -EAGAIN;
    reads_pipe_ = false;  // a true error comes again from read(2)
  }
  if (!readable()) return -EAGAIN;
  const ssize_t n = ::read(fd_, buffer, size);
  if (n >= 0) return n;
  const int err = errno;
  // EIO: it went to the background a moment ago, and SIGTTIN is ignored.
  return err == EINTR || (err == EIO && in_background()) ? -EAGAIN : -err;
}

bool Input::at_end() const {
  if (kind_ == Kind::file) {
    struct stat st {};
    return ::fstat(fd_, &st) == 0 && ::lseek(fd_, 0, SEEK_CUR) >= st.st_size;
  }
  int bytes = 0;
  return kind_ == Kind::stream && readable() && ::ioctl(fd_, FIONREAD, &bytes) == 0 && bytes == 0;
}

void Input::grow_pipe() {
  if (is_pipe_) os::enlarge_pipe(fd_);
}

}  // namespace tcpkit::stdio
