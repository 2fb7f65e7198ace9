#include "flow/hub.h"

#include <fmt/core.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/error.h"

namespace tcpkit::flow {

Hub::Hub(net::Engine& engine, const Options& options, Hooks hooks)
    : engine_(engine),
      options_(options.data),
      scripted_(options.scripted),
      hooks_(std::move(hooks)),
      pump_(engine.loop(), 0, {options_.crlf, options_.interval, options_.rate}, *this),
      output_(engine.loop(), 1,
              {[this] {
                 for (net::Socket* socket : std::set(sockets_))
                   socket->resume();
               },
               [this](int err) { call(hooks_.output_failed, err); }}) {
  reading_ = !options_.recv_only && !(is_terminal() && !options_.send.empty());
}

bool Hub::is_terminal() const {
  return pump_.input().kind() == stdio::Input::Kind::terminal;
}

void Hub::add(net::Socket& socket) {
  sockets_.insert(&socket);
  bool room = true;
  for (const std::string& text : options_.send)
    room = socket.write(text);
  if (socket.destroyed()) return;
  if (!room) slow_.insert(&socket);
  if (output_.pending()) socket.pause();
  const bool all_sent = options_.send_only && !reading_;
  if (all_sent || (is_terminal() && !options_.send.empty())) end_and_deliver(socket);
  if (reading_) pump_.start();
}

bool Hub::has_taker() const {
  return std::any_of(sockets_.begin(), sockets_.end(),
                     [](const net::Socket* s) { return s->writable(); });
}

Taker::Room Hub::room() {
  // Who has been ended takes nothing more, and gets no drain.
  std::erase_if(slow_, [](const net::Socket* s) { return !s->writable(); });
  if (!slow_.empty()) return Room::full;
  return has_taker() ? Room::yes : Room::nobody;
}

void Hub::take(std::string_view block) {
  for (net::Socket* socket : std::set(sockets_)) {
    if (socket->writable() && !socket->write(block)) slow_.insert(socket);
  }
}

void Hub::input_failed(int err) {
  call(hooks_.input_failed, fmt::format("cannot read stdin: {}", errno_text(err)));
}

/// stdin has nothing just now: those whose FIN has come have got all of it.
void Hub::input_paused() {
  for (net::Socket* socket : std::exchange(leaving_, {}))
    socket->end();
}

void Hub::input_ended() {
  reading_ = false;
  leaving_.clear();
  for (net::Socket* socket : std::set(sockets_)) {
    if (options_.send_only || socket->read_ended()) end_and_deliver(*socket);
  }
}

void Hub::on_data(net::Socket& /*socket*/, std::string_view bytes) {
  if (options_.send_only || (draining_ && output_.pending())) return;
  if (output_.write(bytes) || draining_) return;
  for (net::Socket* socket : std::set(sockets_))
    socket->pause();
}

void Hub::on_end(net::Socket& socket) {
  if (scripted_) return;
  if (!reading_) return socket.end();
  if (options_.half_open == HalfOpen::always) return;
  if (is_terminal() || options_.half_open == HalfOpen::never) {
    slow_.erase(&socket);
    socket.end();
  } else {
    leaving_.insert(&socket);
  }
  pump_.run();
}

void Hub::on_finish(net::Socket& socket) {
  if (options_.send_only && !socket.read_ended()) end_and_deliver(socket);
}

/// --send-only ends a connection once the kernel says that our FIN has arrived.
void Hub::end_and_deliver(net::Socket& socket) {
  socket.end();
  if (!options_.send_only || socket.destroyed()) return;
  auto& delivery = deliveries_[&socket];
  if (!delivery) {
    delivery = std::make_unique<Delivery>(
        engine_.loop(), [&socket] { socket.destroy(); },
        [this, &socket](std::size_t bytes) {
          call(hooks_.undelivered,
               fmt::format("connection {}: {}", socket.number(), Delivery::describe(bytes)));
          socket.destroy();
        });
  }
  delivery->start(socket);
}

void Hub::on_drain(net::Socket& socket) {
  slow_.erase(&socket);
  pump_.run();
}

void Hub::on_error(net::Socket& socket, const Error& error) {
  call(hooks_.failed, socket, error);
}

void Hub::on_close(net::Socket& socket, bool had_error) {
  sockets_.erase(&socket);
  slow_.erase(&socket);
  leaving_.erase(&socket);
  deliveries_.erase(&socket);
  call(hooks_.closed, socket, had_error);
  if (draining_ && socket.writable_length() > 0) {
    call(hooks_.input_failed, fmt::format("connection {}: {} bytes were not sent", socket.number(),
                                          socket.writable_length()));
  }
  pump_.run();
}

void Hub::drain() {
  draining_ = true;
  reading_ = false;
  pump_.stop();
  const std::string_view rest = has_taker() ? pump_.take_held() : std::string_view();
  if (pump_.held() > 0) {
    call(hooks_.input_failed,
         fmt::format("{} bytes of stdin were not sent: no client was connected", pump_.held()));
  }
  for (net::Socket* socket : std::set(sockets_)) {
    if (!rest.empty() && socket->writable()) socket->write(rest);
    end_and_deliver(*socket);
    socket->resume();
  }
}

}  // namespace tcpkit::flow
