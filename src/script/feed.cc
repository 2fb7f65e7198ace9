#include "script/feed.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace tcpkit::script {
namespace {

int open_source(const std::string& path) {
  // A descriptor of its own: libuv watches each only once.
  if (path == "-") return ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
  // O_NONBLOCK: a FIFO that nobody writes to yet must not stop the program.
  return ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
}

}  // namespace

Feed::Feed(net::Socket& socket, const std::string& path, std::function<void()> on_ready)
    : socket_(socket), fd_(open_source(path)) {
  if (fd_ < 0) {
    error_ = errno;
    state_ = State::failed;
  } else {
    pump_ = std::make_unique<flow::Pump>(socket.engine().loop(), fd_, flow::Pump::Options{}, *this,
                                         std::move(on_ready));
  }
}

Feed::~Feed() {
  pump_.reset();
  if (fd_ >= 0) ::close(fd_);
}

void Feed::input_failed(int err) {
  error_ = err;
  state_ = State::failed;
}

flow::Taker::Room Feed::room() {
  if (full_ && socket_.writable()) return Room::full;
  if (!full_ && !socket_.destroyed()) return Room::yes;
  input_ended();  // the connection takes nothing more
  return Room::nobody;
}

Feed::State Feed::run() {
  if (state_ != State::going) return state_;
  if (pump_->running()) {
    pump_->run();
  } else {
    pump_->start();
  }
  return state_;
}

}  // namespace tcpkit::script
