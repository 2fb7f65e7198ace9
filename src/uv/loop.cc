#include "uv/loop.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <system_error>

namespace tcpkit::uv {
namespace {

/// libuv opens as many for itself, and aborts where it cannot have them.
bool has_descriptors() {
  std::array<int, 8> spare{};
  for (int& fd : spare)
    fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  const int err = errno;
  for (const int fd : spare)
    if (fd >= 0) ::close(fd);
  errno = err;
  return spare.back() >= 0;
}

}  // namespace

Loop::Loop() {
  ::signal(SIGABRT, on_abort);
  const int err = has_descriptors() ? guarded([this] { return uv_loop_init(&loop_); }) : -errno;
  if (err != 0) throw std::system_error(-err, std::system_category(), "an event loop");
  loop_.data = this;
}

Loop::~Loop() {
  // Close callbacks of handles whose owners just went.
  guarded([this] { return uv_run(&loop_, UV_RUN_NOWAIT); });
  if (uv_loop_close(&loop_) != 0) {
    uv_print_all_handles(&loop_, stderr);
    std::abort();
  }
}

void Loop::run() {
  drain();
  guarded([this] { return uv_run(&loop_, UV_RUN_DEFAULT); });
}

/// Only what a signal handler may call. An abort() of our own, or of an assertion, stays one: it
/// ends the program when this returns.
void Loop::on_abort(int /*signum*/) {
  if (!inside_libuv) return;
  const char* why = ::strerrordesc_np(errno);
  for (const std::string_view part :
       {std::string_view("tcpkit: the event loop cannot go on: "),
        std::string_view(why == nullptr ? "unknown error" : why), std::string_view("\n")}) {
    if (::write(STDERR_FILENO, part.data(), part.size()) < 0) break;
  }
  ::_exit(1);
}

void Loop::drain() {
  if (draining_) return;
  draining_ = true;
  while (!ticks_.empty()) {
    const auto work = std::move(ticks_.front());
    ticks_.pop_front();
    work();
  }
  draining_ = false;
}

}  // namespace tcpkit::uv
