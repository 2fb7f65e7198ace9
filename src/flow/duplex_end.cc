// The ends of stdin, of both directions of the connection, and of the duplex.
#include <fmt/core.h>

#include <utility>

#include "flow/duplex.h"

namespace tcpkit::flow {

using stdio::Input;

void Duplex::input_ended() {
  stop_input();
  reading_ = Reading::ended;
  if (socket_ == nullptr) return;
  // The peer of a server waits for an answer: without one our FIN follows the peer's.
  const bool no_message =
      options_.server && !sent_first_ && pump_.given() == 0 && !options_.data.send_only;
  if (socket_->read_ended() || (options_.data.shutdown && !no_message)) end_and_deliver(*socket_);
  if (options_.data.quit_after) quit_limit_.start(*options_.data.quit_after);
}

void Duplex::stop_input() {
  pump_.stop();
  quiet_limit_.stop();
}

void Duplex::end_and_deliver(net::Socket& socket) {
  socket.end();
  if (options_.data.send_only || let_go_) delivery_.start(socket);
}

void Duplex::let_go() {
  let_go_ = true;
  output_.discard();
  if (socket_ == nullptr) return;
  socket_->resume();
  if (reading_ == Reading::ended) delivery_.start(*socket_);
}

void Duplex::cut_off_input() {
  if (socket_ == nullptr || reading_ != Reading::yes) return;
  end_input(*socket_);
  reading_ = Reading::ended;
}

void Duplex::end_steps(net::Socket& socket) {
  reading_ = Reading::ended;
  if (options_.data.shutdown || socket.read_ended()) socket.end();
}

// The peer's FIN

void Duplex::on_end(net::Socket& socket) {
  output_.close();
  if (options_.scripted) {
    if (reading_ == Reading::ended || draining_) socket.end();
    return;  // else the steps end it, or the socket does by itself
  }
  if (reading_ != Reading::yes) return socket.end();
  switch (options_.data.half_open) {
    case HalfOpen::always:
      return;
    case HalfOpen::never:
      return cut_input(socket);
    case HalfOpen::by_input:
      return send_rest(socket);
  }
}

/// A terminal gives nothing more, the rest is sent to its end; a pipe has to give something within
/// a second, if it has not done so yet.
void Duplex::send_rest(net::Socket& socket) {
  if (pump_.input().kind() == Input::Kind::terminal) return end_input(socket);
  pump_.hurry();
  given_before_ = given();
  quiet_limit_.start(quiet_second);
  pump_.run();
}

void Duplex::after_quiet_second() {
  if (socket_ == nullptr || !socket_->writable()) return;
  const std::uint64_t now = given();
  if (std::exchange(given_before_, now) != now) return quiet_limit_.start(quiet_second);
  if (pump_.held() > 0 || pump_.input().readable()) {
    return call(hooks_.notice,
                "the peer has finished sending; waiting for it to take the rest of stdin");
  }
  if (now > 0) {
    return call(hooks_.notice,
                "the peer has finished sending; waiting for the end of stdin, up to which it is "
                "sent");
  }
  call(hooks_.notice,
       "the peer has finished sending, and stdin gave nothing within a second: closing "
       "(--allow-half-open waits for its end)");
  end_input(*socket_);
}

/// No more is read of stdin; what was read goes out before our FIN.
void Duplex::end_input(net::Socket& socket) {
  stop_input();
  reading_ = Reading::no;
  if (pump_.held() > 0 && socket.writable()) socket.write(pump_.take_held());
  end_and_deliver(socket);
}

void Duplex::cut_input(net::Socket& socket) {
  const Input& input = pump_.input();
  const bool cut_short = input.kind() != Input::Kind::terminal && !input.at_end();
  end_input(socket);
  if (!cut_short) return;
  call(hooks_.input_failed,
       fmt::format("the peer has finished sending: stdin was cut short after {} byte{}",
                   pump_.given(), pump_.given() == 1 ? "" : "s"));
}

// Our end

void Duplex::on_finish(net::Socket& socket) {
  if (options_.data.send_only || let_go_) delivery_.start(socket);
}

/// Both ends are through. A peer that does not want our last bytes answers them with a RST, which
/// is no orderly end: so wait until they are acknowledged.
bool Duplex::delays_close(net::Socket& socket) {
  if (options_.scripted) return false;
  if (socket.unacknowledged() > 0) delivery_.start(socket);
  return delivery_.active();
}

void Duplex::close_connection() {
  if (socket_->read_ended()) {
    socket_->close_ended();
  } else {
    socket_->destroy();
  }
}

void Duplex::stuck(std::size_t bytes) {
  const std::string what = Delivery::describe(bytes);
  if (options_.data.send_only) {
    call(hooks_.undelivered, what);
  } else {
    call(hooks_.notice, what + "; the kernel goes on sending");
  }
  close_connection();
}

void Duplex::quit() {
  if (socket_ == nullptr) return;
  const std::size_t bytes = socket_->unacknowledged();
  if (bytes > 0) {
    call(hooks_.undelivered, fmt::format("-q closes the connection: the peer has not acknowledged "
                                         "{} byte{}",
                                         bytes, bytes == 1 ? "" : "s"));
  }
  socket_->destroy();
}

void Duplex::on_timeout(net::Socket& socket, record::ev::TimeoutKind kind) {
  call(hooks_.timed_out, socket, kind);
}

void Duplex::discard_output() {
  output_.discard();
  finish_if_done();
}

void Duplex::drain() {
  draining_ = true;
  if (socket_ == nullptr) {
    stop_input();
    return finish_if_done();
  }
  if (reading_ == Reading::yes) {
    end_input(*socket_);
  } else {
    end_and_deliver(*socket_);
  }
  if (socket_ != nullptr) socket_->resume();
}

void Duplex::on_error(net::Socket& socket, const Error& error) {
  // Its FIN came together with a RST: stdin is cut short all the same.
  if (options_.data.half_open == HalfOpen::never && reading_ == Reading::yes &&
      socket.read_ended()) {
    cut_input(socket);
  }
  call(hooks_.failed, socket, error);
}

void Duplex::on_close(net::Socket& socket, bool had_error) {
  stop_input();
  quit_limit_.stop();
  delivery_.stop();
  socket_ = nullptr;
  closed_ = true;
  call(hooks_.closed, socket, had_error);
  if (options_.scripted) return finish_if_done();  // the steps know what they sent
  const std::size_t left = socket.writable_length() + pump_.held();
  if (left > 0 && (!had_error || draining_)) {
    call(hooks_.input_failed,
         fmt::format("{} {} of {} {} not sent", left, left == 1 ? "byte" : "bytes",
                     options_.input_name, left == 1 ? "was" : "were"));
  }
  finish_if_done();
}

void Duplex::finish_if_done() {
  if (!closed_ || output_.pending() || done_told_) return;
  done_told_ = true;
  call(hooks_.done);
}

}  // namespace tcpkit::flow
