#include "flow/pump.h"

#include <cerrno>
#include <utility>

namespace tcpkit::flow {

Pump::Pump(uv::Loop& loop, int fd, const Options& options, Taker& taker,
           std::function<void()> on_readable)
    : taker_(taker),
      interval_(options.interval),
      source_(
          loop, fd, {options.crlf, options.interval.count() > 0},
          on_readable ? std::move(on_readable) : [this] { run(); }),
      line_timer_(loop, [this] { run(); }) {}

void Pump::start() {
  running_ = true;
  source_.input().grow_pipe();
  run();
}

void Pump::stop() {
  running_ = false;
  source_.input().stop();
  line_timer_.stop();
}

void Pump::hurry() {
  source_.stop_splitting();
  line_timer_.stop();
}

void Pump::run() {
  // Bounded, so that reading and timers have their turn.
  static constexpr int most_blocks = 16;
  for (int i = 0; i < most_blocks; ++i) {
    if (!running_ || line_timer_.active()) return;
    switch (taker_.room()) {
      case Taker::Room::full:
        return;
      case Taker::Room::nobody:
        return source_.input().stop();
      case Taker::Room::yes:
        break;
    }
    net::Socket* socket = source_.transparent() ? taker_.direct() : nullptr;
    if (!(socket != nullptr ? move_directly(*socket) : move_block())) return;
  }
  if (source_.input().readable()) {
    source_.input().wait();
  } else {
    wait();
  }
}

/// False: the next call of run() comes from elsewhere, or there is none.
bool Pump::move_block() {
  std::string_view block;
  const ssize_t n = source_.next(block);
  if (n <= 0) return no_bytes(n);
  if (source_.by_line()) line_timer_.start(interval_);
  taker_.take(block);
  return true;
}

bool Pump::move_directly(net::Socket& socket) {
  if (socket.writable_length() > 0) {  // what was written before goes first
    socket.want_writable();
    return false;
  }
  std::string_view bytes;
  const ssize_t n = source_.gather(bytes);
  if (n <= 0) return no_bytes(n);
  const ssize_t sent = socket.send_unqueued(bytes);
  if (sent == -EFAULT) {  // a file that was cut short
    source_.unmap();
    return true;
  }
  if (sent > 0) source_.sent(static_cast<std::size_t>(sent));
  if (sent == n) return true;
  if (socket.writable() && !socket.destroyed()) socket.want_writable();
  return false;
}

bool Pump::no_bytes(ssize_t n) {
  if (n == -EAGAIN) {
    wait();
    return false;
  }
  running_ = false;
  source_.input().stop();
  if (n < 0) taker_.input_failed(static_cast<int>(-n));
  taker_.input_ended();
  return false;
}

void Pump::wait() {
  taker_.input_paused();
  if (running_ && taker_.room() != Taker::Room::nobody) source_.input().wait();
}

}  // namespace tcpkit::flow
