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
      source_(engine.loop(), 0, options.data, [this] { pump(); }),
      output_(engine.loop(), 1,
              {[this] {
                 if (socket_ != nullptr) socket_->resume();
                 finish_if_done();
               },
               [this](int err) { call(hooks_.output_failed, err); }}),
      line_timer_(engine.loop(), [this] { pump(); }),
      quit_limit_(engine.loop(), [this] { quit(); }),
      quiet_limit_(engine.loop(), [this] { after_quiet_second(); }),
      delivery_(
          engine.loop(), [this] { close_connection(); },
          [this](std::size_t bytes) { stuck(bytes); }) {}

bool Duplex::traced() const {
  return engine_.tracer().wants(record::Layer::call) ||
         engine_.tracer().wants(record::Layer::event);
}

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
  const Input& input = source_.input();
  if (input.kind() == Input::Kind::terminal && sent_first_) return input_ended();
  splice_input_ =
      !traced() && source_.transparent() && (input.is_pipe() || input.kind() == Input::Kind::file);
  if (splice_input_) input.grow_pipe();
  reading_ = Reading::yes;
  pump();
}

// From stdin to the socket

void Duplex::pump() {
  // Bounded, so that reading and timers have their turn.
  static constexpr int most_blocks = 16;
  for (int i = 0; i < most_blocks; ++i) {
    if (reading_ != Reading::yes) return;
    if (socket_ == nullptr || !socket_->connected() || !socket_->writable()) return;
    if (line_timer_.active()) return;
    if (!(splice_input_ ? pump_spliced() : pump_once())) return;
  }
  source_.input().wait();
}

/// Moves one block. False: somebody else calls pump() again, or it is over.
bool Duplex::pump_once() {
  if (socket_->writable_length() >= socket_->high_water_mark()) return false;  // on_drain
  std::string_view block;
  const ssize_t n = source_.next(block);
  if (n > 0) {
    const bool more = socket_->write(block);
    if (source_.by_line()) line_timer_.start(options_.data.interval);
    return more;
  }
  if (n == 0) {
    input_ended();
  } else if (n == -EAGAIN) {
    source_.input().wait();
  } else {
    call(hooks_.input_failed,
         fmt::format("cannot read stdin: {}", errno_text(static_cast<int>(-n))));
    input_ended();
  }
  return false;
}

bool Duplex::pump_spliced() {
  static constexpr std::size_t most = 1 << 20;
  Input& input = source_.input();
  if (socket_->writable_length() > 0) {  // --send still waits: the rest goes behind it
    socket_->want_writable();
    return false;
  }
  if (input.failed()) {  // which reading reports
    splice_input_ = false;
    return true;
  }
  const ssize_t n = socket_->splice_from(input.fd(), !input.is_pipe(), most);
  if (n > 0) {
    source_.count_spliced(static_cast<std::size_t>(n));
    return true;
  }
  if (n == 0) {
    input_ended();
    return false;
  }
  if (n != -EAGAIN) {  // this pair of descriptors cannot: by hand
    splice_input_ = false;
    return true;
  }
  if (!socket_->writable() || socket_->destroyed()) return false;
  if (input.readable()) {
    socket_->want_writable();
  } else {
    input.wait();
  }
  return false;
}

void Duplex::on_drain(net::Socket& /*socket*/) {
  pump();
}

void Duplex::on_writable(net::Socket& /*socket*/) {
  pump();
}

// From the socket to stdout

void Duplex::on_data(net::Socket& socket, std::string_view bytes) {
  if (options_.data.send_only) return;
  if (draining_ && output_.pending()) return;
  if (!output_.write(bytes) && !draining_) socket.pause();
}

bool Duplex::splices(net::Socket& /*socket*/) {
  return !draining_ && !options_.data.send_only && output_.can_splice() && !traced();
}

ssize_t Duplex::on_splice(net::Socket& socket, int fd, std::size_t most) {
  const ssize_t n = output_.splice_from(fd, most);
  if (n == -EAGAIN && output_.pending()) socket.pause();
  return n;
}

}  // namespace tcpkit::flow
