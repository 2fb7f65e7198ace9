// The sending half of a socket: data, then FIN.
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "net/socket.h"
#include "os/pipe.h"

namespace tcpkit::net {

bool Socket::write(std::string_view bytes) {
  if (destroyed()) return false;
  const bool told = engine_.tracer().wants(record::Layer::call);
  // The ACK may be there before send(2) returns.
  const std::uint64_t called = told ? engine_.tracer().now() : 0;
  if (fin_ != Fin::none) {
    Error error;
    error.code = "ERR_STREAM_WRITE_AFTER_END";
    error.message = "write after end";
    destroy_with(std::move(error), false);
    return false;
  }
  bytes_written_ += bytes.size();
  std::string_view rest = bytes;
  if (state_ == State::open && queue_.empty() && !write_error_) send_now(rest);
  if (write_error_) {
    lost_ += rest.size();
  } else {
    queue_.append(rest);
  }
  if (told) {
    engine_.tracer().emit_at(
        called, role_, number_,
        record::call::Write{bytes.size(), rest.empty(), queue_.size(), {bytes}});
  }
  if (queue_.size() >= options_.high_water_mark) need_drain_ = true;
  tell_watchers();
  watch();
  return !need_drain_ && !write_error_;
}

/// Takes what the kernel accepted off `bytes`. False after an error.
bool Socket::send_now(std::string_view& bytes) {
  while (!bytes.empty() && !cut_) {
    const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(n));
      touch();
    } else if (errno == EAGAIN) {
      return true;
    } else if (errno != EINTR) {
      write_failed(errno);
      return false;
    }
  }
  return true;
}

void Socket::flush_queue() {
  if (!queue_.empty() && !write_error_) {
    std::string_view bytes = queue_.front();
    send_now(bytes);
    queue_.remove(queue_.size() - bytes.size());
  }
  if (!queue_.empty()) return;
  if (need_drain_) {
    need_drain_ = false;
    if (fin_ == Fin::none) {
      engine_.loop().next_tick([this] {
        if (destroyed()) return;
        emit(record::ev::Drain{});
        handler_.on_drain(*this);
      });
    }
  }
  if (fin_ == Fin::wanted) send_fin();
}

void Socket::write_failed(int err) {
  write_error_ = system_error(err, "write");
  engine_.loop().next_tick([this] {
    if (state_ != State::open) return;
    handler_.on_write_failed(*this);
    if (on_write_failed && state_ == State::open) on_write_failed();
    if (state_ != State::open) return;
    int waiting = 0;
    ::ioctl(fd_, FIONREAD, &waiting);
    readable_at_failure_ = bytes_read_ + static_cast<std::uint64_t>(waiting);
    fail_after_reading();
  });
}

bool Socket::can_send_unqueued() const {
  return state_ == State::open && fin_ == Fin::none && queue_.empty() && !write_error_ && !cut_;
}

/// Accounts for what the kernel said: bytes, or a negative errno.
ssize_t Socket::sent_unqueued(ssize_t n) {
  if (n >= 0) {
    bytes_written_ += static_cast<std::uint64_t>(n);
    touch();
    tell_watchers();
    return n;
  }
  const int err = static_cast<int>(-n);
  if (err == EINTR) return -EAGAIN;
  if (!is_connection_error(err)) return n;
  write_failed(err);
  return -EAGAIN;
}

ssize_t Socket::send_unqueued(std::string_view bytes) {
  if (!can_send_unqueued()) return -EAGAIN;
  const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  return sent_unqueued(n >= 0 ? n : -errno);
}

ssize_t Socket::send_pipe(int pipe, std::size_t most) {
  if (!can_send_unqueued()) return -EAGAIN;
  return sent_unqueued(os::splice(pipe, fd_, most));
}

void Socket::want_writable() {
  writable_wanted_ = true;
  watch();
}

void Socket::end() {
  if (destroyed() || fin_ != Fin::none) return;
  emit(record::call::End{});
  want_fin();
}

void Socket::want_fin() {
  fin_ = Fin::wanted;
  if (state_ == State::open && queue_.empty()) send_fin();
}

void Socket::send_fin() {
  if (cut_) return;
  // ENOTCONN: a RST was first. It is reported by the read, or before `close`.
  note_life([this](Life& life) { life.before_fin(fd_); });
  int err = 0;
  do {
    err = ::shutdown(fd_, SHUT_WR) == 0 ? 0 : errno;
  } while (err == EINTR);
  fin_with_kernel_ = err == 0;
  note_life([&](Life& life) { life.after_fin(fd_, err == 0, engine_.ending() ? "exit" : "end"); });
  fin_ = Fin::sent;
  if (err != 0 && err != ENOTCONN) {
    engine_.loop().next_tick([this, err] { destroy_with(system_error(err, "shutdown"), false); });
    return;
  }
  tell_watchers();
  engine_.loop().next_tick([this] { on_fin_sent(); });
}

void Socket::on_fin_sent() {
  if (destroyed() || write_error_) return;
  fin_ = Fin::done;
  emit(record::ev::Finish{bytes_written_});
  handler_.on_finish(*this);
  if (destroy_at_finish_) {
    emit_destroy(true);  // not a FIN alone, as destroySoon() says
    destroy_with({}, false);
  } else {
    close_if_done();
  }
}

void Socket::close_if_done() {
  if (state_ != State::open || !read_ended_ || fin_ != Fin::done || close_delayed_) return;
  close_delayed_ = handler_.delays_close(*this);
  if (!close_delayed_) close_orderly();
}

void Socket::close_ended() {
  if (std::exchange(close_delayed_, false) && state_ == State::open) close_orderly();
}

void Socket::close_orderly() {
  // A RST that crossed our FIN is no orderly end.
  const int err = pending_error();
  if (err != 0) {
    destroy_with(system_error(err, "read"), false);
  } else {
    destroy_with({}, false);
  }
}

}  // namespace tcpkit::net
