#include "net/closing.h"

#include <fmt/core.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "net/tcp_state.h"

namespace tcpkit::net {
namespace {

bool lingers_zero(int fd) {
  linger value{};
  socklen_t size = sizeof value;
  return ::getsockopt(fd, SOL_SOCKET, SO_LINGER, &value, &size) == 0 && value.l_onoff != 0 &&
         value.l_linger == 0;
}

/// In repair mode close(2) forgets the connection without a word.
bool is_in_repair(int fd) {
  int value = 0;
  socklen_t size = sizeof value;
  return ::getsockopt(fd, IPPROTO_TCP, TCP_REPAIR, &value, &size) == 0 && value > 0;
}

}  // namespace

Closing predict_close(int fd) {
  using Goes = Closing::Goes;
  const int state = tcp_state(fd).value_or(TCP_CLOSE);
  if (state == TCP_CLOSE) return {Goes::nothing, "the connection was over already", {}};
  if (is_in_repair(fd)) return {Goes::nothing, "this end has vanished, and sends nothing more", {}};
  int unread = 0;
  ::ioctl(fd, FIONREAD, &unread);
  if (unread > 0) {
    return {Goes::rst,
            fmt::format("{} received byte{} left unread in the kernel", unread,
                        unread == 1 ? " was" : "s were"),
            "unread"};
  }
  const bool fin_is_due = state == TCP_ESTABLISHED || state == TCP_CLOSE_WAIT;
  const bool peer_may_send = state == TCP_FIN_WAIT1 || state == TCP_FIN_WAIT2;
  if ((fin_is_due || peer_may_send) && lingers_zero(fd)) {
    return {Goes::rst, "SO_LINGER of 0 seconds makes close() abort", "linger"};
  }
  if (!fin_is_due) return {Goes::nothing, "the FIN went out before", {}};
  return {Goes::fin, "nothing was left unread, so close() is an orderly end", {}};
}

}  // namespace tcpkit::net
