#include "stdio/lines.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/text.h"

namespace tcpkit::stdio {
namespace {

constexpr std::size_t block = 4 * Lines::longest;

}  // namespace

Lines::Lines(int fd) : fd_(fd), buffer_(Lines::longest + block, '\0') {}

/// True once what is left begins with a new line.
bool Lines::skip_rest_of_line() {
  const std::size_t newline = std::string_view(buffer_.data(), end_).find('\n', begin_);
  skipping_ = newline == std::string_view::npos;
  begin_ = skipping_ ? end_ : newline + 1;
  return !skipping_;
}

/// As read(2), but waits also where somebody made the descriptor non-blocking.
ssize_t Lines::fill() {
  for (;;) {
    const ssize_t n = ::read(fd_, buffer_.data() + end_, buffer_.size() - end_);
    if (n >= 0) return n;
    if (errno == EAGAIN) {
      pollfd ready{fd_, POLLIN, 0};
      ::poll(&ready, 1, -1);
    } else if (errno != EINTR) {
      return -errno;
    }
  }
}

std::string_view Lines::without_mark(std::string_view lines) {
  return std::exchange(at_start_, false) ? skip_bom(lines) : lines;
}

ssize_t Lines::next(std::string_view& lines) {
  while (!ended_) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
    // No newline is in what was left over.
    if (end_ > longest) {
      buffer_[longest] = '\n';
      lines = without_mark({buffer_.data(), longest + 1});
      begin_ = end_;
      skipping_ = true;
      return static_cast<ssize_t>(lines.size());
    }
    const ssize_t n = fill();
    if (n < 0) return n;
    ended_ = n == 0;
    end_ += static_cast<std::size_t>(n);
    if (skipping_ && !skip_rest_of_line()) continue;
    const std::string_view all(buffer_.data(), end_);
    const std::size_t newline = all.rfind('\n');
    std::size_t until = newline == std::string_view::npos ? 0 : newline + 1;
    if (ended_) until = end_;
    if (until <= begin_) continue;
    lines = without_mark(all.substr(begin_, until - begin_));
    begin_ = until;
    if (lines.empty()) continue;
    return static_cast<ssize_t>(lines.size());
  }
  return 0;
}

}  // namespace tcpkit::stdio
