#include "flow/duplex.h"

#include <fmt/core.h>

#include <cerrno>
#include <utility>

#include "base/error.h"
#include "net/tcp_state.h"

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
      quit_timer_(engine.loop(),
                  [this] {
                    if (socket_ != nullptr) socket_->destroy();
                  }),
      ack_timer_(engine.loop(), [this] { check_fin_acknowledged(); }) {}

bool Duplex::traced() const {
  return engine_.tracer().wants(trace::Layer::call) || engine_.tracer().wants(trace::Layer::event);
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
    got_byte_ = true;
  }
  if (options_.data.recv_only || options_.scripted) return;
  const Input& input = source_.input();
  if (input.kind() == Input::Kind::terminal && got_byte_) return input_ended();
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
    if (reading_ != Reading::yes && reading_ != Reading::what_is_there) return;
    if (socket_ == nullptr || !socket_->connected() || !socket_->writable()) return;
    if (line_timer_.active()) return;
    if (!(splice_input_ ? pump_spliced() : pump_once())) return;
  }
  if (source_.input().readable()) {
    source_.input().wait();
  } else {
    wait_for_input();  // the last block was all there is
  }
}

/// Moves one block. False: somebody else calls pump() again, or it is over.
bool Duplex::pump_once() {
  if (socket_->writable_length() >= socket_->high_water_mark()) return false;  // on_drain
  std::string_view block;
  const ssize_t n = source_.next(block);
  if (n > 0) {
    got_byte_ = true;
    const bool more = socket_->write(block);
    if (source_.by_line()) line_timer_.start(options_.data.interval);
    return more;
  }
  if (n == 0) {
    input_ended();
  } else if (n == -EAGAIN) {
    wait_for_input();
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
    got_byte_ = true;
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
    wait_for_input();
  }
  return false;
}

/// stdin has nothing just now.
void Duplex::wait_for_input() {
  if (reading_ == Reading::what_is_there) {
    input_held_is_sent();
  } else {
    source_.input().wait();
  }
}

void Duplex::input_ended() {
  const bool at_peers_fin = reading_ == Reading::what_is_there;
  stop_input();
  reading_ = Reading::ended;
  if (socket_ == nullptr) return;
  const bool no_message =
      options_.server && !got_byte_ && !options_.data.send_only;  // our FIN follows the peer's
  if (at_peers_fin || socket_->read_ended()) return socket_->end();
  if (options_.data.shutdown && !no_message) socket_->end();
  if (options_.data.quit_after) quit_timer_.start(*options_.data.quit_after);
}

void Duplex::stop_input() {
  source_.input().stop();
  line_timer_.stop();
}

/// The peer has ended, half-open is off, and what stdin held has gone out.
void Duplex::input_held_is_sent() {
  stop_input();
  reading_ = Reading::no;
  if (source_.input().kind() == Input::Kind::stream) {
    if (options_.scripted) return finish_if_done();
    const std::size_t left = source_.input().bytes_left();
    if (left == 0) {
      call(hooks_.notice, "the peer ended the connection; stdin had not come to its end");
    }
  }
  socket_->end();
}

void Duplex::end_steps(net::Socket& socket) {
  reading_ = Reading::ended;
  if (options_.data.shutdown || socket.read_ended()) socket.end();
}

void Duplex::on_end(net::Socket& socket) {
  if (options_.scripted) {
    if (socket.allows_half_open() && !draining_) output_.close();
    if (reading_ == Reading::ended || draining_) socket.end();
    return;  // else the steps end it, or the socket does by itself
  }
  if (options_.allow_half_open && !draining_) {
    output_.close();
    if (reading_ == Reading::ended || options_.data.recv_only) socket.end();
    return;
  }
  if (reading_ != Reading::yes) return socket.end();
  const Input::Kind kind = source_.input().kind();
  if (kind == Input::Kind::terminal || kind == Input::Kind::device) {
    stop_input();
    reading_ = Reading::no;
    return socket.end();
  }
  reading_ = Reading::what_is_there;
  source_.stop_splitting();
  line_timer_.stop();
  pump();
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

// The end

void Duplex::on_finish(net::Socket& socket) {
  if (!options_.data.send_only || socket.read_ended()) return;
  static constexpr std::uint64_t most_ms = 2000;
  ack_deadline_ = engine_.loop().now() + most_ms;
  check_fin_acknowledged();
}

/// --send-only ends once the kernel says that our FIN has arrived.
void Duplex::check_fin_acknowledged() {
  static constexpr std::chrono::milliseconds again{5};
  if (socket_ == nullptr || socket_->destroyed()) return;
  if (net::tcp_fin_acknowledged(socket_->fd()) || engine_.loop().now() >= ack_deadline_) {
    socket_->destroy();
  } else {
    ack_timer_.start(again);
  }
}

void Duplex::on_timeout(net::Socket& socket, trace::ev::TimeoutKind kind) {
  call(hooks_.timed_out, socket, kind);
}

void Duplex::discard_output() {
  output_.discard();
  finish_if_done();
}

void Duplex::drain() {
  draining_ = true;
  if (reading_ != Reading::ended) {
    stop_input();
    reading_ = Reading::no;
  }
  if (socket_ == nullptr) return finish_if_done();
  socket_->end();
  socket_->resume();
}

void Duplex::on_error(net::Socket& socket, const Error& error) {
  call(hooks_.failed, socket, error);
}

void Duplex::on_close(net::Socket& socket, bool had_error) {
  stop_input();
  quit_timer_.stop();
  ack_timer_.stop();
  socket_ = nullptr;
  closed_ = true;
  call(hooks_.closed, socket, had_error);
  if (options_.scripted) return finish_if_done();  // the steps know what they sent
  std::size_t left = socket.writable_length();     // -q: read, but not taken by the kernel
  // Who stops us takes no more of stdin, but what was read has to go out.
  if (reading_ != Reading::ended && !options_.data.recv_only && !draining_) {
    left += source_.input().bytes_left() + source_.held();
  }
  if (left > 0 && (!had_error || draining_)) {
    call(hooks_.input_failed,
         fmt::format("{} {} of stdin {} not sent", left, left == 1 ? "byte" : "bytes",
                     left == 1 ? "was" : "were"));
  }
  finish_if_done();
}

void Duplex::finish_if_done() {
  if (!closed_ || output_.pending() || done_told_) return;
  done_told_ = true;
  call(hooks_.done);
}

}  // namespace tcpkit::flow
