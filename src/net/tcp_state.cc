#include "net/tcp_state.h"

#include <sys/socket.h>

#include <cerrno>

#include "os/tcp_info.h"

namespace tcpkit::net {

using tcp::State;

bool tcp_closed(int fd) {
  return os::tcp_state(fd) == State::closed;
}

bool tcp_fin_acknowledged(int fd) {
  const auto state = os::tcp_state(fd);
  return !state || state == State::fin_wait2 || state == State::time_wait || state == State::closed;
}

int take_error(int fd) {
  int err = 0;
  socklen_t size = sizeof err;
  ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &size);
  return err;
}

Handshake handshake_of(int fd, bool writable) {
  using Is = Handshake::Is;
  const auto info = os::tcp_info(fd);
  const State state = info ? info->state : State::closed;
  // With TCP Fast Open the SYN waits for the first data: the kernel takes that in SYN_SENT.
  const bool opening = state == State::syn_sent || state == State::syn_rcvd;
  if (opening && writable) return {Is::done, 0};
  // The first byte that a peer acknowledges is our SYN, and the kernel counts it. Neither SO_ERROR
  // nor getpeername(2) distinguishes all refusals from a connection that ended since.
  if (!opening && info && (state != State::closed || info->bytes_acknowledged > 0)) {
    return {Is::done, 0};
  }
  if (const int err = take_error(fd); err != 0) return {Is::failed, err};
  if (opening) return {Is::in_progress, 0};
  return info ? Handshake{Is::failed, ECONNABORTED} : Handshake{Is::done, 0};  // a Unix socket
}

}  // namespace tcpkit::net
