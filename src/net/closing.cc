#include "net/closing.h"

#include <fmt/format.h>
#include <sys/ioctl.h>

#include "net/tcp_state.h"

namespace tcpkit::net {

Closing predict_close(int fd, bool linger_zero, bool fin_sent) {
  if (tcp_closed(fd)) return {Closing::Goes::nothing, "the connection was over already"};
  int unread = 0;
  ::ioctl(fd, FIONREAD, &unread);
  if (unread > 0) {
    return {Closing::Goes::rst,
            fmt::format("{} received bytes were left unread in the kernel", unread)};
  }
  if (linger_zero) return {Closing::Goes::rst, "SO_LINGER of 0 seconds makes close() abort"};
  if (fin_sent) return {Closing::Goes::nothing, "the FIN went out before, by end()"};
  return {Closing::Goes::fin, "nothing was left unread, so close() is an orderly end"};
}

}  // namespace tcpkit::net
