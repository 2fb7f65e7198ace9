#include "flow/relay.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <utility>

#include "os/pipe.h"

namespace tcpkit::flow {
namespace {

// Small messages are cheaper to copy, streams to move in the kernel: after so many full reads one
// after another a direction changes over, and back at a splice of less than so many bytes.
constexpr int reads_of_a_stream = 2;
constexpr ssize_t least_spliced = 4096;

}  // namespace

Leg::Leg(net::Engine& engine, const Hooks& hooks)
    : engine_(engine),
      hooks_(hooks),
      delivery_(
          engine.loop(), [this] { abort(); }, [this](std::size_t) { abort(); }) {}

Leg::~Leg() {
  close_pipe();
}

void Leg::attach(net::Socket& socket) {
  socket_ = &socket;
  // Nothing is read before there is somebody to take it.
  if (other_->socket_ == nullptr) {
    socket.pause();
  } else {
    other_->go_on();
  }
}

void Leg::on_connect(net::Socket& socket) {
  attach(socket);
  call(hooks_.connected, socket);
}

// From here to the other end

void Leg::on_data(net::Socket& socket, std::string_view bytes) {
  full_reads_ = bytes.size() == engine_.read_buffer().size() ? full_reads_ + 1 : 0;
  net::Socket* to = other_->socket_;
  // To a broken end nothing goes any more, and its error follows.
  if (to != nullptr && to->writable() && !to->write(bytes)) socket.pause();
}

bool Leg::splices(net::Socket& /*socket*/) {
  const net::Socket* to = other_->socket_;
  return full_reads_ >= reads_of_a_stream && !cannot_splice_ && to != nullptr && to->writable() &&
         to->writable_length() == 0 && !engine_.tracer().wants_payload() && open_pipe();
}

bool Leg::open_pipe() {
  if (pipe_[0] >= 0) return true;
  cannot_splice_ = !os::open_pipe(pipe_);
  if (!cannot_splice_) os::enlarge_pipe(pipe_[1]);
  return !cannot_splice_;
}

void Leg::close_pipe() {
  for (int& fd : pipe_) {
    if (fd >= 0) ::close(std::exchange(fd, -1));
  }
  in_pipe_ = 0;
}

ssize_t Leg::on_splice(net::Socket& /*socket*/, int fd, std::size_t most) {
  const ssize_t n = os::splice(fd, pipe_[1], most);
  if (n > 0) {
    if (n < least_spliced) full_reads_ = 0;
    in_pipe_ += static_cast<std::size_t>(n);
    empty_pipe();
  } else if (n < 0 && n != -EAGAIN && n != -EINTR && !is_connection_error(static_cast<int>(-n))) {
    cannot_splice_ = true;  // the kernel or a seccomp filter does not let us
    return -EINTR;
  }
  return n;
}

/// Hands the pipe's content to the other end, which calls on_writable() if it does not take all.
void Leg::empty_pipe() {
  net::Socket* to = other_->socket_;
  while (in_pipe_ > 0) {
    if (to == nullptr || !to->writable()) {
      close_pipe();  // its end is reported elsewhere
      break;
    }
    const ssize_t n = to->send_pipe(pipe_[0], in_pipe_);
    if (n > 0) {
      in_pipe_ -= static_cast<std::size_t>(n);
    } else if (n < 0 && n != -EAGAIN) {
      copy_pipe(*to);
    } else if (to->writable()) {
      to->want_writable();
      if (socket_ != nullptr) socket_->pause();
      return;
    }
  }
  if (socket_ != nullptr) socket_->resume();
  pass_end();
}

/// The kernel or a seccomp filter does not let us splice: what the pipe holds goes through us.
void Leg::copy_pipe(net::Socket& to) {
  cannot_splice_ = true;
  std::string& buffer = engine_.read_buffer();
  while (in_pipe_ > 0 && to.writable()) {
    const ssize_t n = ::read(pipe_[0], buffer.data(), std::min(buffer.size(), in_pipe_));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    in_pipe_ -= static_cast<std::size_t>(n);
    to.write(std::string_view(buffer).substr(0, static_cast<std::size_t>(n)));
  }
  close_pipe();
}

/// The other end has everything from here: now it gets the end of it.
void Leg::pass_end() {
  if (std::exchange(broken_, false)) return other_->abort();
  if (std::exchange(ended_, false) && other_->socket_ != nullptr) other_->socket_->end();
}

void Leg::on_end(net::Socket& /*socket*/) {
  ended_ = true;
  if (in_pipe_ == 0) pass_end();
}

// From the other end to here: there is room again, or nothing is taken any more.

/// Reads again, once the pipe is empty.
void Leg::go_on() {
  if (in_pipe_ > 0) return empty_pipe();
  if (socket_ != nullptr) socket_->resume();
}

void Leg::on_drain(net::Socket& /*socket*/) {
  other_->go_on();
}

void Leg::on_writable(net::Socket& /*socket*/) {
  other_->empty_pipe();
}

void Leg::on_finish(net::Socket& /*socket*/) {
  other_->go_on();
}

void Leg::on_write_failed(net::Socket& /*socket*/) {
  other_->go_on();
}

// Ends

void Leg::abort() {
  if (socket_ == nullptr || socket_->destroyed() || delivery_.active()) return;
  if (socket_->unacknowledged() > 0 && !std::exchange(aborting_, true)) {
    return delivery_.start(*socket_, Delivery::Of::data);
  }
  if (socket_->is_unix()) {
    socket_->destroy();  // which knows no RST
  } else {
    socket_->reset_and_destroy();
  }
}

void Leg::on_error(net::Socket& socket, const Error& error) {
  call(hooks_.failed, socket, error);
  broken_ = socket.was_connected();
}

void Leg::on_close(net::Socket& socket, bool had_error) {
  delivery_.stop();
  socket_ = nullptr;
  // Also if a time limit closed it: the other end gets what waits for it, and a FIN.
  if (socket.was_connected()) ended_ = true;
  if (in_pipe_ == 0) pass_end();
  // After a failed try nothing is read yet: another one may follow.
  if (socket.was_connected()) other_->go_on();
  call(hooks_.closed, socket, had_error);
}

Relay::Relay(net::Engine& engine, Hooks hooks)
    : hooks_(std::move(hooks)), near_(engine, hooks_), far_(engine, hooks_) {
  near_.join(far_);
  far_.join(near_);
}

}  // namespace tcpkit::flow
