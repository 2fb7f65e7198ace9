// The idle limit of a socket.

#include <algorithm>

#include "net/socket.h"
#include "os/queues.h"

namespace tcpkit::net {

void Socket::start_idle_limit() {
  // A step may have set it already, inside the event that comes before.
  if (options_.timeout.count() == 0 || destroyed() || idle_limit_) return;
  emit(record::call::SetTimeout{options_.timeout.count()});
  last_activity_ = engine_.loop().now();
  idle_limit_ = std::make_unique<uv::Limit>(engine_.loop(), [this] { on_idle(); });
  idle_limit_->on_slice = [this](std::chrono::milliseconds stopped) {
    look_at_send_queue(stopped);
  };
  idle_limit_->start(options_.timeout);
}

/// As Node's setTimeout(): the time begins anew; 0 ends it.
void Socket::set_timeout(std::chrono::milliseconds limit) {
  options_.timeout = limit;
  idle_limit_.reset();
  idle_fired_ = false;
  if (limit.count() > 0) return start_idle_limit();
  emit(record::call::SetTimeout{0});
}

/// Called for every packet: the limit is started again only when it expires, or has expired.
void Socket::touch() {
  last_activity_ = engine_.loop().now();
  if (idle_fired_ && idle_limit_) {
    idle_fired_ = false;
    idle_limit_->start(options_.timeout);
  }
}

/// Acknowledgements that arrive are activity, too, though no event of this program shows them.
void Socket::look_at_send_queue(std::chrono::milliseconds stopped) {
  const auto excess = static_cast<std::uint64_t>(stopped.count());
  last_activity_ = std::min(last_activity_ + excess, engine_.loop().now());
  const std::size_t left = unacknowledged();
  if (left < last_unacknowledged_) touch();
  last_unacknowledged_ = left;
}

std::size_t Socket::unacknowledged() const {
  std::size_t in_kernel = fd_ < 0 ? 0 : os::unacknowledged(fd_);
  if (in_kernel > 0 && (fin_ == Fin::sent || fin_ == Fin::done)) --in_kernel;  // the FIN counts
  return queue_.size() + in_kernel;
}

/// False if it is we who do not read: the flow has paused, or bytes wait in the kernel.
bool Socket::is_idle() const {
  if ((paused_ & static_cast<unsigned>(Pauser::flow)) != 0) return false;
  return fd_ < 0 || cut_ || read_ended_ || os::unread(fd_) == 0;
}

void Socket::on_idle() {
  const auto idle = std::chrono::milliseconds(engine_.loop().now() - last_activity_);
  if (idle < options_.timeout) return idle_limit_->start(options_.timeout - idle);
  if (!is_idle()) return idle_limit_->start(options_.timeout);
  const bool still_idle = idle_fired_;  // reported already; the send queue is watched for its end
  idle_fired_ = true;
  if (still_idle && options_.timeout_action == TimeoutAction::none) {
    return idle_limit_->start(options_.timeout);
  }
  report_timeout(record::ev::TimeoutKind::idle, options_.timeout, "--timeout");
  if (destroyed()) return;
  switch (options_.timeout_action) {
    case TimeoutAction::none:
      if (idle_limit_ && last_unacknowledged_ > 0) idle_limit_->start(options_.timeout);
      return;
    case TimeoutAction::end:
      if (fin_ != Fin::none) return destroy();
      end();
      if (idle_limit_) idle_limit_->start(options_.timeout);
      return;
    case TimeoutAction::destroy:
      return destroy();
    case TimeoutAction::reset:
      // An attempt has nothing to reset, and may never get it.
      if (state_ == State::opening) return destroy();
      reset_and_destroy();
  }
}

}  // namespace tcpkit::net
