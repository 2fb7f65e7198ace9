#include "flow/hub.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/error.h"

namespace tcpkit::flow {

Hub::Hub(net::Engine& engine, DataOptions options, Hooks hooks)
    : engine_(engine),
      options_(std::move(options)),
      hooks_(std::move(hooks)),
      source_(engine.loop(), 0, options_, [this] { pump(); }),
      output_(engine.loop(), 1,
              {[this] {
                 for (net::Socket* socket : std::set(sockets_))
                   socket->resume();
               },
               [this](int err) { call(hooks_.output_failed, err); }}),
      line_timer_(engine.loop(), [this] { pump(); }) {
  const bool terminal = source_.input().kind() == stdio::Input::Kind::terminal;
  if (options_.recv_only || (terminal && !options_.send.empty())) reading_ = false;
}

void Hub::add(net::Socket& socket) {
  sockets_.insert(&socket);
  bool room = true;
  for (const std::string& text : options_.send)
    room = socket.write(text);
  if (socket.destroyed()) return;
  if (!room) slow_.insert(&socket);
  if (output_.pending()) socket.pause();
  const bool terminal = source_.input().kind() == stdio::Input::Kind::terminal;
  if (terminal && !options_.send.empty()) socket.end();
  pump();
}

bool Hub::has_taker() const {
  return std::any_of(sockets_.begin(), sockets_.end(),
                     [](const net::Socket* s) { return s->writable(); });
}

void Hub::pump() {
  static constexpr int most_blocks = 16;
  for (int i = 0; i < most_blocks; ++i) {
    if (!reading_ || !slow_.empty() || line_timer_.active()) return;
    if (!has_taker()) return source_.input().stop();
    if (!pump_once()) return;
  }
  source_.input().wait();
}

bool Hub::pump_once() {
  std::string_view block;
  const ssize_t n = source_.next(block);
  if (n > 0) {
    for (net::Socket* socket : std::set(sockets_)) {
      if (socket->writable() && !socket->write(block)) slow_.insert(socket);
    }
    std::erase_if(slow_, [](const net::Socket* s) { return !s->writable(); });
    if (source_.by_line()) line_timer_.start(options_.interval);
    return true;
  }
  if (n == -EAGAIN) {
    source_.input().wait();
    return false;
  }
  reading_ = false;
  if (n < 0) {
    call(hooks_.input_failed,
         fmt::format("cannot read stdin: {}", errno_text(static_cast<int>(-n))));
  } else if (options_.send_only) {
    for (net::Socket* socket : std::set(sockets_))
      socket->end();
  }
  return false;
}

void Hub::on_data(net::Socket& /*socket*/, std::string_view bytes) {
  if (options_.send_only || (draining_ && output_.pending())) return;
  if (output_.write(bytes) || draining_) return;
  for (net::Socket* socket : std::set(sockets_))
    socket->pause();
}

void Hub::on_end(net::Socket& socket) {
  // Without --allow-half-open its end() follows: it takes no more of stdin.
  slow_.erase(&socket);
  engine_.loop().next_tick([this] { pump(); });
}

void Hub::on_drain(net::Socket& socket) {
  slow_.erase(&socket);
  pump();
}

void Hub::on_error(net::Socket& socket, const Error& error) {
  call(hooks_.failed, socket, error);
}

void Hub::on_close(net::Socket& socket, bool had_error) {
  sockets_.erase(&socket);
  slow_.erase(&socket);
  call(hooks_.closed, socket, had_error);
  pump();
}

void Hub::drain() {
  draining_ = true;
  reading_ = false;
  source_.input().stop();
  line_timer_.stop();
  for (net::Socket* socket : std::set(sockets_)) {
    socket->end();
    socket->resume();
  }
}

}  // namespace tcpkit::flow
