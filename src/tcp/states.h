#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace tcpkit::tcp {

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
  unknown,  ///< the kernel does not say; none of RFC 9293's
};

/// "FIN_WAIT2".
std::string_view to_string(State state);

/// What is known of a connection beside the states in which it was seen.
struct Facts {
  bool connected = false;  ///< there was a connection: ESTABLISHED is among its states
  bool fin_sent = false;   ///< our FIN is with the kernel
  bool fin_acked = false;  ///< the peer has it
  bool fin_came = false;   ///< the peer's FIN has come, behind all data
  /// The SYNs crossed each other: SYN_RCVD is among the states of an end that sent one.
  bool syns_crossed = false;
  /// Our FIN was on its way when the peer's came.
  bool ours_first = false;
  /// Both FINs were on their way at the same time: CLOSING instead of FIN_WAIT2.
  bool fins_crossed = false;
};

/// The states to go through from `from` to `to`, `to` included, through RFC 9293's figure 5; empty
/// if they are the same. The facts choose among the ways, the shortest one is taken if they leave a
/// choice. CLOSED is reached from anywhere (by a RST or for want of an answer), through the states
/// that the facts imply. If there is no way, `to` alone.
std::vector<State> way(State from, State to, Facts facts);

}  // namespace tcpkit::tcp
