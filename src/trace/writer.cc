#include "trace/writer.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace tcpkit::trace {

int write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(fd, text.data(), text.size());
    if (n >= 0) {
      text.remove_prefix(static_cast<std::size_t>(n));
    } else if (errno == EAGAIN) {
      pollfd p{fd, POLLOUT, 0};
      ::poll(&p, 1, -1);
    } else if (errno != EINTR) {
      return errno;
    }
  }
  return 0;
}

Writer::Writer(int fd, bool owned, std::function<void(int)> failed)
    : fd_(fd), owned_(owned), failed_(std::move(failed)) {}

Writer::~Writer() {
  flush();
  if (owned_) ::close(fd_);
}

void Writer::written() {
  static constexpr std::size_t burst = 65536;
  if (buffer_.size() >= burst) flush();
}

void Writer::flush() {
  if (buffer_.empty()) return;
  const int err = dead_ ? 0 : write_all(fd_, buffer_);
  buffer_.clear();
  if (err == 0) return;
  dead_ = true;
  if (err != EPIPE && failed_) failed_(err);
}

}  // namespace tcpkit::trace
