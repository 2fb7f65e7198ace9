#include "diagram/summary.h"

#include <algorithm>
#include <array>
#include <cstdlib>

#include "base/escape.h"

namespace tcpkit::diagram {
namespace {

using record::Layer;
using record::Role;

std::uint64_t positive(const Entry::Number& number) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(number.value_or(0), 0));
}

std::int32_t narrow(std::int64_t number) {
  return static_cast<std::int32_t>(std::clamp<std::int64_t>(number, 0, INT32_MAX));
}

bool is_reset(const std::string& code) {
  return code == "ECONNRESET" || code == "EPIPE";
}

std::optional<std::string> known(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

record::Outcome read_outcome(const Entry& e) {
  record::Outcome o;
  o.outcome = e.outcome;
  o.code = known(e.code);
  o.local_address = known(e.local_address);
  o.local_port = e.local_port;
  o.remote_address = known(e.remote_address);
  o.remote_port = e.remote_port;
  o.attempts = e.attempts;
  o.attempts_failed = e.attempts_failed;
  o.ended_first = known(e.ended_first);
  o.ended_by = known(e.ended_by);
  o.why = known(e.why);
  o.bytes_read = e.bytes_read;
  o.bytes_written = e.bytes_written;
  o.unsent = e.unsent;
  o.unacknowledged = e.unacknowledged;
  o.lookup_us = e.lookup_us;
  o.connect_us = e.connect_us;
  o.first_byte_us = e.first_byte_us;
  o.total_us = e.total_us;
  o.rtt_us = e.rtt_us;
  o.retransmits = e.retransmits;
  o.text = e.text;
  o.orderly = e.orderly;
  o.half_open_us = e.half_open_us;
  o.bytes_meanwhile = e.bytes_meanwhile;
  o.sent = known(e.sent);
  o.probes = e.probes;
  o.answered = e.answered;
  o.noticed_ms = e.noticed_ms;
  o.theory_ms = e.theory_ms;
  o.in_flight = e.in_flight;
  return o;
}

}  // namespace

void Summary::fin(Connection& c, End by) {
  c.fin = true;
  if (c.ended == End::nobody) c.ended = by;
}

/// The peer's may have been on its way before our FIN came there.
void Summary::rst(Connection& c, End by) {
  c.rst = true;
  if (by == End::peer && c.ended == End::us && !c.fin_acked) c.ended = End::unknown;
  if (c.ended == End::nobody) c.ended = by;
}

void Summary::add_call(Connection& c, const Entry& e) {
  if (e.event == "connect") {
    c.remote = e.path.empty() ? Identity::address(e.host, e.port) : display_start(e.path);
  } else if (e.event == "write") {
    c.sent += positive(e.bytes);
  } else if ((e.event == "destroy" || e.event == "resetAndDestroy") && c.connected) {
    if (e.event == "destroy" ? e.resets() : e.reset.value_or(true)) {
      rst(c, End::us);
    } else {
      fin(c, End::us);
    }
  }
}

void Summary::add_error(Connection& c, const Entry& e) {
  const std::string& code = e.code.empty() ? e.error_name : e.code;
  c.code = &*codes_.insert(display_start(code, 40)).first;
  c.given_up = c.connected && !is_reset(code);
  if (is_reset(code)) {
    c.how = How::reset;
    if (c.connected) rst(c, End::peer);
  } else if (code == "ETIMEDOUT") {
    c.how = How::timeout;
  } else if (code == "ECONNREFUSED") {
    c.how = How::refused;
  } else if (code == "ERR_IP_BLOCKED") {
    c.how = How::blocked;
  } else if (c.how != How::lookup) {
    c.how = How::error;
  }
}

void Summary::add_event(Connection& c, const Entry& e) {
  if (e.event == "connect" || e.event == "connection") {
    c.connected = true;
    c.local = Identity::address(e.local_address, e.local_port);
    const std::string remote = Identity::address(e.remote_address, e.remote_port);
    if (!remote.empty()) c.remote = remote;
  } else if (e.event == "lookup") {
    if (e.address.empty()) c.how = How::lookup;
  } else if (e.event == "data") {
    c.received += positive(e.bytes);
  } else if (e.event == "finish") {
    fin(c, End::us);
  } else if (e.event == "end") {
    fin(c, End::peer);
  } else if (e.event == "error") {
    add_error(c, e);
  } else if (e.event == "close" && e.role != Role::listener) {
    c.closed = true;
    c.received = positive(e.bytes_read);
    c.sent = positive(e.bytes_written) - std::min(positive(e.bytes_written), positive(e.unsent));
  }
}

void Summary::add_kernel(Connection& c, const Entry& e) {
  if (e.event == "state") {
    if (e.to == "CLOSE_WAIT") fin(c, End::peer);
    if (e.to == "FIN_WAIT2") c.fin_acked = true;
    if (e.to == "CLOSING" && c.ended == End::us) c.ended = End::unknown;
    return;
  }
  if (e.event == "finAcked") c.fin_acked = true;
  const bool told = e.event == "info" || e.event == "ack" || e.event == "retransmit";
  if (!told) return;
  c.retransmits = std::max(c.retransmits, 0);
  if (e.rtt_us) c.rtt_us = narrow(*e.rtt_us);
  if (e.event == "retransmit" && c.retransmits < INT32_MAX) ++c.retransmits;
  if (e.event == "info" && e.retransmits)
    c.retransmits = std::max(c.retransmits, narrow(*e.retransmits));
}

void Summary::add_segment(Connection& c, const Entry& e) {
  const bool is_fin = e.flags.find("FIN") != std::string::npos;
  const bool is_rst = e.flags.find("RST") != std::string::npos;
  if ((!is_fin && !is_rst) || e.lost.value_or(false)) return;
  const std::string from = Identity::address(e.src, {});
  const bool ours = from == c.local;
  if (!c.connected || (!ours && from != c.remote)) return;
  c.fin = c.fin || is_fin;
  c.rst = c.rst || is_rst;
  if (c.ended_on_wire == End::nobody) c.ended_on_wire = ours ? End::us : End::peer;
}

void Summary::add_summary(Connection& c, std::uint32_t number, const Entry& e) {
  static constexpr std::array words{"ok",      "refused", "timeout", "reset",
                                    "blocked", "lookup",  "error"};
  static constexpr std::uint64_t ns_per_us = 1000;
  c.told = c.closed = true;
  const auto* word = std::find(words.begin(), words.end(), e.outcome);
  c.how = word == words.end() ? How::error : static_cast<How>(word - words.begin());
  if (!e.code.empty()) c.code = &*codes_.insert(display_start(e.code, 40)).first;
  const bool client = e.ended_first == "client";
  c.ended_on_wire = End::nobody;
  c.ended = End::unknown;
  if (client || e.ended_first == "server") c.ended = client != c.server ? End::us : End::peer;
  c.fin = e.ended_by == "FIN";
  c.rst = e.ended_by == "RST";
  c.given_up = false;
  c.local = Identity::address(e.local_address, e.local_port);
  const std::string remote = Identity::address(e.remote_address, e.remote_port);
  if (!remote.empty()) c.remote = remote;
  c.received = positive(e.bytes_read);
  c.sent = positive(e.bytes_written) - std::min(positive(e.bytes_written), positive(e.unsent));
  if (e.rtt_us) c.rtt_us = narrow(*e.rtt_us);
  if (e.retransmits) c.retransmits = narrow(*e.retransmits);
  c.last = e.nanoseconds;
  if (e.total_us) c.first = c.last - std::min(c.last, positive(e.total_us) * ns_per_us);
  if (!json_) return;
  outcomes_.resize(std::max<std::size_t>(outcomes_.size(), number + 1));
  outcomes_[number] = read_outcome(e);
}

void Summary::add(const Entry& e) {
  const bool summary = e.layer == Layer::note && e.event == "summary" && !e.outcome.empty();
  if (!summary && e.layer.value_or(Layer::note) == Layer::note) return;
  const auto number = identity_.connection(e);
  if (!number) return;
  if (*number == connections_.size()) {
    Connection& added = connections_.emplace_back();
    added.first = e.nanoseconds;
    added.server = e.role != Role::client;
  }
  Connection& c = connections_[*number];
  // What the wire tells later is no news of how the program saw it.
  if (c.told) return;
  if (e.wall) c.wall = *e.wall;
  if (summary) return add_summary(c, *number, e);
  switch (*e.layer) {
    case Layer::call:
      add_call(c, e);
      break;
    case Layer::event:
      add_event(c, e);
      break;
    case Layer::kernel:
      add_kernel(c, e);
      break;
    case Layer::wire:
      add_segment(c, e);
      break;
    case Layer::note:
      break;
  }
  if (e.layer == Layer::call || e.layer == Layer::event) {
    // What follows a time limit at once is its doing.
    const bool acts = e.event == "destroy" || e.event == "resetAndDestroy" || e.event == "end";
    if (c.timed_out && acts && c.how == How::ok) c.how = How::timeout;
    c.timed_out = e.layer == Layer::event && e.event == "timeout";
  }
  // The kernel's records go on to the end of TIME_WAIT.
  const bool alive = e.layer == Layer::call || e.layer == Layer::event || !c.closed;
  if (alive) c.last = std::max(c.last, e.nanoseconds);
}

const char* Summary::first_of(const Connection& c) {
  const End end = c.ended_on_wire == End::nobody ? c.ended : c.ended_on_wire;
  if (end == End::nobody || end == End::unknown) return nullptr;
  return (end == End::us) == c.server ? "server" : "client";
}

const char* Summary::way_of(const Connection& c) {
  if (c.rst) return "RST";
  return c.fin && !c.given_up ? "FIN" : nullptr;
}

std::string Summary::outcome_of(const Connection& c) {
  static constexpr std::array words{"ok",      "refused", "timeout", "reset",
                                    "blocked", "lookup",  "error"};
  return words.at(static_cast<std::size_t>(c.how));
}

/// Of a connection that no `summary` told of: what is left empty is not known.
record::Outcome Summary::outcome(std::uint32_t number) const {
  static constexpr std::int64_t ns_per_us = 1000;
  const Connection& c = connections_[number];
  if (c.told) return outcomes_[number];
  record::Outcome o;
  o.outcome = outcome_of(c);
  if (c.code != nullptr) o.code = *c.code;
  const auto split = [](const std::string& end, auto& address, auto& port) {
    const std::size_t colon = end.rfind(':');
    if (colon == std::string::npos || colon + 1 == end.size()) return;
    std::int64_t value = 0;
    for (const char digit : end.substr(colon + 1)) {
      if (digit < '0' || digit > '9' || value > UINT16_MAX) return;
      value = value * 10 + (digit - '0');
    }
    const bool brackets = end.front() == '[' && end[colon - 1] == ']';
    address = brackets ? end.substr(1, colon - 2) : end.substr(0, colon);
    port = value;
  };
  split(c.local, o.local_address, o.local_port);
  if (c.connected) split(c.remote, o.remote_address, o.remote_port);
  if (const char* first = first_of(c)) o.ended_first = first;
  if (const char* way = way_of(c)) o.ended_by = way;
  o.bytes_read = c.received;
  o.bytes_written = c.sent;
  o.total_us = static_cast<std::int64_t>(c.last - std::min(c.last, c.first)) / ns_per_us;
  if (c.rtt_us >= 0) o.rtt_us = c.rtt_us;
  if (c.retransmits >= 0) o.retransmits = c.retransmits;
  o.text = c.closed ? record::describe(o) : "it was still open: " + record::describe(o);
  return o;
}

void Summary::print(const std::function<bool(std::string_view)>& write) const {
  if (json_) {
    print_json(write);
  } else {
    print_table(write);
  }
}

}  // namespace tcpkit::diagram
