#include "watch/state_machine.h"

#include <netinet/tcp.h>

#include <algorithm>
#include <array>
#include <utility>

namespace tcpkit::watch {
namespace {

using Edge = std::pair<State, State>;

/// Figure 5. Of two ways of one length the one whose edges stand first is taken: simultaneous open
/// and close are rare. The end of TIME_WAIT is left out, for nobody waits for it.
constexpr std::array edges{
    Edge{State::closed, State::listen},         Edge{State::closed, State::syn_sent},
    Edge{State::listen, State::syn_rcvd},       Edge{State::syn_sent, State::established},
    Edge{State::syn_sent, State::syn_rcvd},     Edge{State::syn_rcvd, State::established},
    Edge{State::established, State::fin_wait1}, Edge{State::established, State::close_wait},
    Edge{State::fin_wait1, State::fin_wait2},   Edge{State::fin_wait1, State::closing},
    Edge{State::fin_wait2, State::time_wait},   Edge{State::closing, State::time_wait},
    Edge{State::close_wait, State::last_ack},   Edge{State::last_ack, State::closed},
};

}  // namespace

std::string_view to_string(State state) {
  static constexpr std::array<std::string_view, 11> names{
      "CLOSED",    "LISTEN",     "SYN_SENT", "SYN_RCVD", "ESTABLISHED", "FIN_WAIT1",
      "FIN_WAIT2", "CLOSE_WAIT", "CLOSING",  "LAST_ACK", "TIME_WAIT"};
  return names[static_cast<std::size_t>(state)];
}

State from_kernel(int number) {
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

std::vector<State> way(State from, State to) {
  if (from == to) return {};
  std::vector<std::vector<State>> reached{{from}};
  for (std::size_t i = 0; i < reached.size(); ++i) {
    for (const auto& [a, b] : edges) {
      const std::vector<State>& path = reached[i];
      if (a != path.back() || std::find(path.begin(), path.end(), b) != path.end()) continue;
      std::vector<State> longer = path;
      longer.push_back(b);
      if (b == to) return {longer.begin() + 1, longer.end()};
      reached.push_back(std::move(longer));
    }
  }
  return {to};
}

}  // namespace tcpkit::watch
