#include "uv/loop.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
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
  const int err = has_descriptors() ? uv_loop_init(&loop_) : -errno;
  if (err != 0) throw std::system_error(-err, std::system_category(), "an event loop");
  loop_.data = this;
}

Loop::~Loop() {
  // Close callbacks of handles whose owners just went.
  uv_run(&loop_, UV_RUN_NOWAIT);
  if (uv_loop_close(&loop_) != 0) {
    uv_print_all_handles(&loop_, stderr);
    std::abort();
  }
}

void Loop::run() {
  drain();
  uv_run(&loop_, UV_RUN_DEFAULT);
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
