#include "script/feed.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace tcpkit::script {
namespace {

constexpr std::size_t block_size = 65536;

int open_source(const std::string& path) {
  // A descriptor of its own: libuv watches each only once.
  if (path == "-") return ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
  // O_NONBLOCK: a FIFO that nobody writes to yet must not stop the program.
  return ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
}

}  // namespace

Feed::Feed(uv::Loop& loop, const std::string& path, std::function<void()> on_ready)
    : fd_(open_source(path)), block_(block_size, '\0') {
  if (fd_ < 0) {
    error_ = errno;
  } else {
    input_ = std::make_unique<stdio::Input>(loop, fd_, std::move(on_ready));
  }
}

Feed::~Feed() {
  input_.reset();
  if (fd_ >= 0) ::close(fd_);
}

Feed::State Feed::pump(net::Socket& socket) {
  if (error_ != 0) return State::failed;
  // Bounded, so that reading and timers have their turn.
  static constexpr int most_blocks = 16;
  for (int i = 0; i < most_blocks; ++i) {
    if (socket.destroyed()) return State::done;
    // `drain` comes, unless the connection takes nothing more.
    if (full_) return socket.writable() ? State::going : State::done;
    const ssize_t n = input_->read(block_.data(), block_.size());
    if (n > 0) {
      sent_ = true;
      full_ = !socket.write(std::string_view(block_).substr(0, static_cast<std::size_t>(n)));
    } else if (n == 0) {
      return State::done;
    } else if (n == -EAGAIN) {
      break;
    } else {
      error_ = static_cast<int>(-n);
      return State::failed;
    }
  }
  if (!full_) input_->wait();
  return State::going;
}

}  // namespace tcpkit::script
