#include "flow/duplex.h"

#include <fmt/core.h>

#include <cerrno>
#include <utility>

#include "base/error.h"

namespace tcpkit::flow {

using stdio::Input;

Duplex::Duplex(net::Engine& engine, const Options& options, Hooks hooks)
    : engine_(engine),
      options_(options),
      hooks_(std::move(hooks)),
      pump_(engine.loop(), options.input,
            {options.data.crlf, options.data.interval, options.data.rate}, *this),
      output_(engine.loop(), options.output,
              {[this] {
                 if (socket_ != nullptr) socket_->resume();
                 finish_if_done();
               },
               [this](int err) { call(hooks_.output_failed, err); }}),
      quit_limit_(engine.loop(), [this] { quit(); }),
      quiet_limit_(engine.loop(), [this] { after_quiet_second(); }),
      delivery_(
          engine.loop(), [this] { close_connection(); },
          [this](std::size_t bytes) { stuck(bytes); }) {}

void Duplex::start(net::Socket& socket) {
  socket_ = &socket;
  call(hooks_.connected, socket);
  // Not from inside `connect`: `ready` comes first.
  engine_.loop().next_tick([this] { send_first(); });
}

void Duplex::send_first() {
  if (socket_ == nullptr || socket_->destroyed() || draining_) return;
  for (const std::string& text : options_.data.send) {
    socket_->write(text);
    sent_first_ = true;
  }
  if (options_.data.recv_only || options_.scripted) return;
  if (pump_.input().kind() == Input::Kind::terminal && sent_first_) return input_ended();
  reading_ = Reading::yes;
  pump_.start();
}

// From stdin to the socket

Taker::Room Duplex::room() {
  if (socket_ == nullptr || !socket_->connected() || !socket_->writable()) return Room::nobody;
  return socket_->writable_length() < socket_->high_water_mark() ? Room::yes : Room::full;
}

void Duplex::take(std::string_view block) {
  socket_->write(block);
}

net::Socket* Duplex::direct() {
  return engine_.tracer().wants_payload() ? nullptr : socket_;
}

void Duplex::input_failed(int err) {
  call(hooks_.input_failed,
       fmt::format("cannot read {}: {}", options_.input_name, errno_text(err)));
}

void Duplex::on_drain(net::Socket& /*socket*/) {
  pump_.run();
}

void Duplex::on_writable(net::Socket& /*socket*/) {
  pump_.run();
}

// From the socket to stdout

void Duplex::on_data(net::Socket& socket, std::string_view bytes) {
  if (options_.data.send_only || let_go_) return;
  if (draining_ && output_.pending()) return;
  if (!output_.write(bytes) && !draining_) socket.pause();
}

bool Duplex::splices(net::Socket& /*socket*/) {
  return !draining_ && !options_.data.send_only && output_.can_take() &&
         !engine_.tracer().wants_payload();
}

ssize_t Duplex::on_splice(net::Socket& socket, int fd, std::size_t most) {
  const ssize_t n = output_.take_from(fd, most);
  if (n == -EAGAIN && output_.pending()) socket.pause();
  return n;
}

}  // namespace tcpkit::flow
