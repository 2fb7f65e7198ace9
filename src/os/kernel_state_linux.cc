#include "os/kernel_state.h"

#include <netinet/tcp.h>

namespace tcpkit::os {

using tcp::State;

tcp::State state_of(int number) {
  switch (number) {
    case TCP_ESTABLISHED:
      return State::established;
    case TCP_SYN_SENT:
      return State::syn_sent;
    case TCP_SYN_RECV:
      return State::syn_rcvd;
    case TCP_FIN_WAIT1:
      return State::fin_wait1;
    case TCP_FIN_WAIT2:
      return State::fin_wait2;
    case TCP_TIME_WAIT:
      return State::time_wait;
    case TCP_CLOSE_WAIT:
      return State::close_wait;
    case TCP_LAST_ACK:
      return State::last_ack;
    case TCP_LISTEN:
      return State::listen;
    case TCP_CLOSING:
      return State::closing;
    default:
      return State::closed;
  }
}

}  // namespace tcpkit::os
