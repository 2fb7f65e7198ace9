#include "flow/delivery.h"

#include <fmt/core.h>

#include <utility>

#include "net/tcp_state.h"

namespace tcpkit::flow {

Delivery::Delivery(uv::Loop& loop, std::function<void()> done,
                   std::function<void(std::size_t bytes)> stuck)
    : done_(std::move(done)),
      stuck_(std::move(stuck)),
      next_check_(loop, [this] { check(); }),
      standstill_(loop, [this] {
        const net::Socket* socket = socket_;
        stop();
        stuck_(socket->unacknowledged());
      }) {}

void Delivery::start(net::Socket& socket, Of of) {
  if (active() || socket.destroyed()) return;
  socket_ = &socket;
  of_ = of;
  left_ = socket.unacknowledged();
  standstill_.start(patience);
  check();
}

void Delivery::stop() {
  socket_ = nullptr;
  next_check_.stop();
  standstill_.stop();
}

std::string Delivery::describe(std::size_t bytes) {
  if (bytes == 0) return "the peer has not acknowledged our FIN for 2 s";
  return fmt::format("the peer acknowledged nothing for 2 s: {} byte{} not acknowledged", bytes,
                     bytes == 1 ? " is" : "s are");
}

void Delivery::check() {
  static constexpr std::chrono::milliseconds again{5};
  const std::size_t left = socket_->unacknowledged();
  const bool done =
      of_ == Of::all ? socket_->finished() && net::tcp_fin_acknowledged(socket_->fd()) : left == 0;
  if (done) {
    stop();
    return done_();
  }
  if (left < left_) standstill_.start(patience);
  left_ = left;
  next_check_.start(again);
}

}  // namespace tcpkit::flow
