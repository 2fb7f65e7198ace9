#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace tcpkit::watch {

/// The states of RFC 9293, 3.3.2.
enum class State : std::uint8_t {
  closed,
  listen,
  syn_sent,
  syn_rcvd,
  established,
  fin_wait1,
  fin_wait2,
  close_wait,
  closing,
  last_ack,
  time_wait,
};

/// "FIN_WAIT2".
std::string_view to_string(State state);

/// From the kernel's number (TCP_ESTABLISHED and so on); `closed` for what is none.
State from_kernel(int number);

/// The states to go through from `from` to `to`, `to` included, by the shortest way through RFC
/// 9293's figure 5; empty where they are the same. Where there is no way (the kernel ended the
/// connection by a RST or for want of an answer) `to` alone.
std::vector<State> way(State from, State to);

}  // namespace tcpkit::watch
