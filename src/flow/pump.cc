#include "flow/pump.h"

#include <algorithm>
#include <cerrno>
#include <utility>

namespace tcpkit::flow {
namespace {

/// A tenth of a second of the rate: few timers, and no bursts that anybody would notice.
std::size_t block_size(std::size_t rate) {
  static constexpr std::size_t most = 65536;
  static constexpr std::size_t blocks_a_second = 10;
  return rate == 0 ? most : std::clamp<std::size_t>(rate / blocks_a_second, 1, most);
}

}  // namespace

Pump::Pump(uv::Loop& loop, int fd, const Options& options, Taker& taker,
           std::function<void()> on_readable)
    : taker_(taker),
      interval_(options.interval),
      rate_(options.rate),
      source_(
          loop, fd, {options.crlf, options.interval.count() > 0, block_size(options.rate)},
          on_readable ? std::move(on_readable) : [this] { run(); }),
      pause_(loop, [this] { run(); }) {}

void Pump::start() {
  running_ = true;
  source_.input().grow_pipe();
  run();
}

void Pump::stop() {
  running_ = false;
  source_.input().stop();
  pause_.stop();
}

void Pump::hurry() {
  source_.stop_splitting();
  if (rate_ == 0) pause_.stop();
}

void Pump::run() {
  // Bounded, so that reading and timers have their turn.
  static constexpr int most_blocks = 16;
  for (int i = 0; i < most_blocks; ++i) {
    if (!running_ || pause_.active()) return;
    switch (taker_.room()) {
      case Taker::Room::full:
        return;
      case Taker::Room::nobody:
        return source_.input().stop();
      case Taker::Room::yes:
        break;
    }
    net::Socket* socket = source_.transparent() && rate_ == 0 ? taker_.direct() : nullptr;
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
  if (source_.by_line()) pause_.start(interval_);
  if (rate_ > 0) pause_for(block.size());
  taker_.take(block);
  return true;
}

/// So that so many bytes are not more than the rate allows.
void Pump::pause_for(std::size_t bytes) {
  static constexpr std::uint64_t ns_per_s = 1'000'000'000;
  static constexpr std::uint64_t ns_per_ms = 1'000'000;
  const std::uint64_t now = uv_hrtime();
  next_ns_ = std::max(next_ns_, now) + bytes * ns_per_s / rate_;
  const std::chrono::milliseconds pause((next_ns_ - now) / ns_per_ms);
  if (pause > interval_ || !source_.by_line()) pause_.start(pause);
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
