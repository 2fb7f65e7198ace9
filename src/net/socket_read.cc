// The receiving half of a socket: data, then what ended it.
#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "net/socket.h"
#include "net/tcp_state.h"
#include "os/queues.h"

namespace tcpkit::net {

void Socket::read_available() {
  // Bounded, so that one fast peer does not starve the others.
  static constexpr int most_reads = 16;
  for (int i = 0; i < most_reads; ++i) {
    if (state_ != State::open || paused() || cut_ || read_ended_) return;
    // What the handler asked for in this read (a FIN, say) is told before the next one.
    if (!read_once() || engine_.loop().has_ticks()) return;
  }
}

bool Socket::read_once() {
  std::string& buffer = engine_.read_buffer();
  const bool spliced = handler_.splices(*this);
  ssize_t n = 0;
  if (spliced) {
    static constexpr std::size_t most = 1 << 20;
    n = handler_.on_splice(*this, fd_, most);
  } else {
    n = ::recv(fd_, buffer.data(), buffer.size(), 0);
    if (n < 0) n = -errno;
  }
  if (n > 0) {
    const auto size = static_cast<std::size_t>(n);
    if (bytes_read_ == 0) note_life([](Life& life) { life.received(); });
    bytes_read_ += size;
    touch();
    const std::string_view bytes = std::string_view(buffer).substr(0, spliced ? 0 : size);
    if (engine_.tracer().wants(record::Layer::event)) {
      emit(record::ev::Data{size, bytes_read_, {bytes}});
    }
    if (!spliced) handler_.on_data(*this, bytes);
    return spliced || size == buffer.size();
  }
  if (n == 0) {
    on_eof();
  } else if (n == -EINTR) {
    return true;
  } else if (n != -EAGAIN) {
    // EPIPE is how Linux words a RST in CLOSE_WAIT (tcp_reset() in tcp_input.c).
    const int err = n == -EPIPE ? ECONNRESET : static_cast<int>(-n);
    destroy_with(write_error_ ? *write_error_ : system_error(err, "read"), false);
  } else if (write_error_ && !paused()) {
    destroy_with(*write_error_, false);
  }
  return false;
}

/// Ends a connection whose write failed: at once if the user has paused it. Else what the peer sent
/// until then is delivered first, as its consumer takes it; a peer that goes on sending is not
/// waited for.
void Socket::fail_after_reading() {
  if (state_ != State::open || !write_error_) return;
  const bool held = (paused_ & static_cast<unsigned>(Pauser::user)) != 0;
  if (held || read_ended_ || cut_ || bytes_read_ > readable_at_failure_ ||
      (paused() && os::unread(fd_) == 0)) {
    return destroy_with(*write_error_, false);
  }
  if (paused()) return;  // until resume()
  read_once();
  engine_.loop().next_tick([this] { fail_after_reading(); });
}

int Socket::pending_error() const {
  if (is_unix()) return 0;
  const int err = take_error(fd_);
  if (err == EPIPE) return ECONNRESET;
  if (err == 0 && fin_ != Fin::sent && fin_ != Fin::done && tcp_closed(fd_)) return ECONNRESET;
  return err;
}

void Socket::on_eof() {
  // After a RST that a write has already heard of, recv() returns 0 as well: no FIN ever came.
  const bool fin_came = !write_error_ || write_error_->code == "EPIPE";
  const int err = write_error_ ? 0 : pending_error();
  if (fin_came) {
    read_ended_ = true;
    note_life([this](Life& life) { life.peer_fin(fd_); });
    touch();
    emit(record::ev::End{bytes_read_});
    if (state_ != State::open) return;
  }
  if (write_error_) return destroy_with(*write_error_, false);
  if (err != 0) return destroy_with(system_error(err, "read"), false);
  handler_.on_end(*this);
  engine_.loop().next_tick([this] {
    if (!options_.allow_half_open && fin_ == Fin::none && state_ == State::open) end();
    close_if_done();
  });
}

void Socket::probe_after_end() {
  const int err = pending_error();
  if (err == 0) {
    probed_ = true;
  } else {
    destroy_with(write_error_ ? *write_error_ : system_error(err, "read"), false);
  }
}

void Socket::pause(Pauser who) {
  if (destroyed()) return;
  const unsigned before = std::exchange(paused_, paused_ | static_cast<unsigned>(who));
  if (before != 0) return;
  emit(record::call::Pause{});
  watch();
  tell_watchers();
}

void Socket::resume(Pauser who) {
  if (destroyed()) return;
  const unsigned before = std::exchange(paused_, paused_ & ~static_cast<unsigned>(who));
  if (before == 0 || paused()) return;
  emit(record::call::Resume{});
  touch();  // while it was paused, nothing could come
  if (write_error_) {
    engine_.loop().next_tick([this] { fail_after_reading(); });
  }
  watch();
}

}  // namespace tcpkit::net
