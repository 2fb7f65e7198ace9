#include "tcp/states.h"

#include <algorithm>
#include <array>
#include <utility>

namespace tcpkit::tcp {
namespace {

using Edge = std::pair<State, State>;

/// Figure 5. Of two ways of one length the one whose edges stand first is taken. The end of
/// TIME_WAIT is left out, for nobody waits for it.
constexpr std::array edges{
    Edge{State::closed, State::listen},         Edge{State::closed, State::syn_sent},
    Edge{State::listen, State::syn_rcvd},       Edge{State::syn_sent, State::established},
    Edge{State::syn_sent, State::syn_rcvd},     Edge{State::syn_rcvd, State::established},
    Edge{State::established, State::fin_wait1}, Edge{State::established, State::close_wait},
    Edge{State::fin_wait1, State::fin_wait2},   Edge{State::fin_wait1, State::closing},
    Edge{State::fin_wait2, State::time_wait},   Edge{State::closing, State::time_wait},
    Edge{State::close_wait, State::last_ack},   Edge{State::last_ack, State::closed},
};

/// Taken only if the facts say so, or if it leads to where the kernel was seen; and then the
/// ordinary edge is not.
bool is_open_to(const Edge& edge, State to, const Facts& facts) {
  if (edge == Edge{State::syn_sent, State::syn_rcvd})
    return facts.syns_crossed || to == State::syn_rcvd;
  if (edge == Edge{State::syn_sent, State::established}) return !facts.syns_crossed;
  if (edge == Edge{State::fin_wait1, State::closing})
    return facts.fins_crossed || to == State::closing;
  if (edge == Edge{State::fin_wait1, State::fin_wait2})
    return !facts.fins_crossed || to == State::fin_wait2;
  return true;
}

std::vector<State> shortest(State from, State to, const Facts& facts) {
  if (from == to) return {};
  std::vector<std::vector<State>> reached{{from}};
  for (std::size_t i = 0; i < reached.size(); ++i) {
    for (const Edge& edge : edges) {
      const auto& [a, b] = edge;
      const std::vector<State>& path = reached[i];
      if (a != path.back() || std::find(path.begin(), path.end(), b) != path.end()) continue;
      if (!is_open_to(edge, to, facts)) continue;
      std::vector<State> longer = path;
      longer.push_back(b);
      if (b == to) return {longer.begin() + 1, longer.end()};
      reached.push_back(std::move(longer));
    }
  }
  return {to};
}

/// Adds what `state` implies.
void learn(Facts& facts, State state) {
  const auto any = [state](std::initializer_list<State> states) {
    return std::find(states.begin(), states.end(), state) != states.end();
  };
  const bool ours_first =
      any({State::fin_wait1, State::fin_wait2, State::closing, State::time_wait});
  const bool theirs_first = any({State::close_wait, State::last_ack});
  facts.connected |= ours_first || theirs_first || state == State::established;
  facts.fin_sent |= ours_first || state == State::last_ack;
  facts.fin_acked |= any({State::fin_wait2, State::time_wait});
  facts.fin_came |= theirs_first || any({State::closing, State::time_wait});
  facts.ours_first = ours_first || (facts.ours_first && !theirs_first);
}

/// Where a connection that has come to its end was right before it.
State last_before_end(State from, const Facts& facts) {
  if (!facts.connected) {
    return from == State::syn_sent && facts.syns_crossed ? State::syn_rcvd : from;
  }
  if (!facts.fin_sent) return facts.fin_came ? State::close_wait : State::established;
  if (!facts.fin_came) return facts.fin_acked ? State::fin_wait2 : State::fin_wait1;
  if (!facts.ours_first) return State::last_ack;
  return facts.fin_acked ? State::time_wait : State::closing;
}

}  // namespace

std::string_view to_string(State state) {
  static constexpr std::array<std::string_view, 12> names{
      "CLOSED",    "LISTEN",     "SYN_SENT", "SYN_RCVD", "ESTABLISHED", "FIN_WAIT1",
      "FIN_WAIT2", "CLOSE_WAIT", "CLOSING",  "LAST_ACK", "TIME_WAIT",   "unknown"};
  return names[static_cast<std::size_t>(state)];
}

std::vector<State> way(State from, State to, Facts facts) {
  learn(facts, from);
  if (from == to || to == State::unknown || from == State::unknown) {
    return from == to ? std::vector<State>() : std::vector{to};
  }
  if (to != State::closed) return shortest(from, to, facts);
  std::vector<State> path = shortest(from, last_before_end(from, facts), facts);
  path.push_back(State::closed);
  return path;
}

}  // namespace tcpkit::tcp
