#include "os/closing.h"

#include <fmt/core.h>
#include <sys/socket.h>

#include "os/queues.h"
#include "os/tcp_info.h"
#include "os/vanish.h"

namespace tcpkit::os {
namespace {

bool lingers_zero(int fd) {
  linger value{};
  socklen_t size = sizeof value;
  return ::getsockopt(fd, SOL_SOCKET, SO_LINGER, &value, &size) == 0 && value.l_onoff != 0 &&
         value.l_linger == 0;
}

}  // namespace

Closing predict_close(int fd) {
  using Goes = Closing::Goes;
  using tcp::State;
  const State state = tcp_state(fd).value_or(State::closed);
  if (state == State::closed) return {Goes::nothing, "the connection was over already", {}};
  if (is_silenced(fd)) return {Goes::nothing, "this end has vanished, and sends nothing more", {}};
  if (const std::size_t left = unread(fd); left > 0) {
    return {Goes::rst,
            fmt::format("{} received byte{} left unread in the kernel", left,
                        left == 1 ? " was" : "s were"),
            "unread"};
  }
  const bool fin_is_due = state == State::established || state == State::close_wait;
  const bool peer_may_send = state == State::fin_wait1 || state == State::fin_wait2;
  if ((fin_is_due || peer_may_send) && lingers_zero(fd)) {
    return {Goes::rst, "SO_LINGER of 0 seconds makes close() abort", "linger"};
  }
  if (!fin_is_due) return {Goes::nothing, "the FIN went out before", {}};
  return {Goes::fin, "nothing was left unread, so close() is an orderly end", {}};
}

}  // namespace tcpkit::os
