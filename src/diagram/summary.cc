#include "diagram/summary.h"

#include <algorithm>
#include <array>
#include <cstdlib>

#include "base/escape.h"
#include "record/brief.h"

namespace tcpkit::diagram {
namespace {

using record::Layer;
using record::Role;
namespace call = record::call;
namespace ev = record::ev;
namespace kernel = record::kernel;

std::uint64_t positive(const std::optional<std::int64_t>& number) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(number.value_or(0), 0));
}

/// What of `written` was not left over.
std::uint64_t sent_of(std::uint64_t written, std::uint64_t unsent) {
  return written - std::min(written, unsent);
}

std::int32_t narrow(std::int64_t number) {
  return static_cast<std::int32_t>(std::clamp<std::int64_t>(number, 0, INT32_MAX));
}

bool is_reset(const std::string& code) {
  return code == "ECONNRESET" || code == "EPIPE";
}

/// What a record is to a connection that a time limit may have ended.
struct Limited {
  bool timeout = false;  ///< it is the limit
  bool acts = false;     ///< it ends the connection
};

Limited limited_of(const record::Body& body) {
  return {std::holds_alternative<ev::Timeout>(body),
          std::holds_alternative<call::Destroy>(body) ||
              std::holds_alternative<call::ResetAndDestroy>(body) ||
              std::holds_alternative<call::End>(body) || std::holds_alternative<ev::End>(body)};
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

void Summary::add_error(Connection& c, const Error& error) {
  const std::string& code = error.code.empty() ? error.name : error.code;
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

void Summary::connected(Connection& c, const record::SocketNames& names) {
  c.connected = true;
  c.local = record::brief_address(names.local);
  const std::string remote = record::brief_address(names.remote);
  if (!remote.empty()) c.remote = remote;
}

/// What a record lets one know of its connection; most nothing.
struct Summary::Learn {
  Summary& summary;
  Connection& c;

  template <class E>
  void operator()(const E& /*e*/) const {}

  void operator()(const call::Connect& e) const { c.remote = record::brief_target(e.host, e.port); }
  void operator()(const call::Write& e) const { c.sent += e.bytes; }
  void operator()(const call::ResetAndDestroy& e) const { closed_by_us(e.reset); }
  void operator()(const call::Destroy& e) const { closed_by_us(e.resets()); }
  void closed_by_us(bool reset) const {
    if (c.connected) reset ? rst(c, End::us) : fin(c, End::us);
  }

  void operator()(const ev::Connect& e) const { connected(c, e.ends); }
  void operator()(const ev::Connection& e) const { connected(c, e.ends); }
  void operator()(const ev::Lookup& e) const {
    if (!e.address) c.how = How::lookup;
  }
  void operator()(const ev::Data& e) const { c.received += e.bytes; }
  void operator()(const ev::Finish& /*e*/) const { fin(c, End::us); }
  void operator()(const ev::End& /*e*/) const { fin(c, End::peer); }
  void operator()(const ev::Failure& e) const { summary.add_error(c, e.error); }
  void operator()(const ev::Close& e) const {
    c.closed = true;
    c.received = e.bytes_read;
    c.sent = sent_of(e.bytes_written, e.unsent);
  }

  void operator()(const kernel::State& e) const {
    if (e.to == "CLOSE_WAIT") fin(c, End::peer);
    if (e.to == "FIN_WAIT2") c.fin_acked = true;
    if (e.to == "CLOSING" && c.ended == End::us) c.ended = End::unknown;
  }
  void operator()(const kernel::FinAcked& /*e*/) const { c.fin_acked = true; }
  void operator()(const kernel::Info& e) const {
    c.rtt_us = narrow(e.rtt_us);
    c.retransmits = std::max({c.retransmits, 0, narrow(e.retransmits)});
  }
  void operator()(const kernel::Ack& e) const {
    c.retransmits = std::max(c.retransmits, 0);
    if (e.rtt_us) c.rtt_us = narrow(*e.rtt_us);
  }
  void operator()(const kernel::Retransmit& e) const {
    c.retransmits = narrow(std::int64_t{std::max(c.retransmits, 0)} + e.segments);
  }

  void operator()(const record::wire::Segment& e) const {
    const auto has = [&](std::string_view flag) {
      return std::find(e.flags.begin(), e.flags.end(), flag) != e.flags.end();
    };
    const bool is_fin = has("FIN");
    const bool is_rst = has("RST");
    if ((!is_fin && !is_rst) || e.lost) return;
    const std::string from = record::brief_address(e.src, {});
    const bool ours = from == c.local;
    if (!c.connected || (!ours && from != c.remote)) return;
    c.fin = c.fin || is_fin;
    c.rst = c.rst || is_rst;
    if (c.ended_on_wire == End::nobody) c.ended_on_wire = ours ? End::us : End::peer;
  }
};

void Summary::add_summary(std::uint32_t number, const record::Line& line,
                          const record::Outcome& o) {
  static constexpr std::array words{"ok",      "refused", "timeout", "reset",
                                    "blocked", "lookup",  "error"};
  static constexpr std::uint64_t ns_per_us = 1000;
  Connection& c = connections_[number];
  c.told = c.closed = true;
  const auto* word = std::find(words.begin(), words.end(), o.outcome);
  c.how = word == words.end() ? How::error : static_cast<How>(word - words.begin());
  if (o.code) c.code = &*codes_.insert(display_start(*o.code, 40)).first;
  const bool client = o.ended_first == "client";
  c.ended_on_wire = End::nobody;
  c.ended = End::unknown;
  if (client || o.ended_first == "server") c.ended = client != c.server ? End::us : End::peer;
  c.fin = o.ended_by == "FIN";
  c.rst = o.ended_by == "RST";
  c.given_up = false;
  c.local = record::brief_address(o.local_address.value_or(""), o.local_port);
  const std::string remote = record::brief_address(o.remote_address.value_or(""), o.remote_port);
  if (!remote.empty()) c.remote = remote;
  c.received = positive(o.bytes_read);
  c.sent = sent_of(positive(o.bytes_written), positive(o.unsent));
  if (const auto rtt = o.rtt_us ? o.rtt_us : o.handshake_rtt_us) c.rtt_us = narrow(*rtt);
  if (o.retransmits) c.retransmits = narrow(*o.retransmits);
  c.last = line.nanoseconds;
  if (o.total_us) c.first = c.last - std::min(c.last, positive(o.total_us) * ns_per_us);
  if (!json_) return;
  outcomes_.resize(std::max<std::size_t>(outcomes_.size(), number + 1));
  outcomes_[number] = o;
}

void Summary::add(const record::Line& line) {
  const record::Record& record = line.record;
  const auto* summary = std::get_if<record::note::Summary>(&record.body);
  if (summary != nullptr && summary->outcome->outcome.empty()) summary = nullptr;
  const Layer layer = record.layer();
  if (summary == nullptr && layer == Layer::note) return;
  const auto number = identity_.connection(line);
  if (!number) return;
  if (*number == connections_.size()) {
    Connection& added = connections_.emplace_back();
    added.first = line.nanoseconds;
    added.server = record.role != Role::client;
  }
  Connection& c = connections_[*number];
  // What the wire tells later is no news of how the program saw it.
  if (c.told) return;
  if (line.wall) c.wall = *line.wall;
  if (summary != nullptr) return add_summary(*number, line, *summary->outcome);
  std::visit(Learn{*this, c}, record.body);
  const bool own = layer == Layer::call || layer == Layer::event;
  if (own) {
    // What follows a time limit at once is its doing.
    const Limited limited = limited_of(record.body);
    if (c.timed_out && limited.acts && c.how == How::ok) c.how = How::timeout;
    c.timed_out = limited.timeout;
  }
  // The kernel's records go on to the end of TIME_WAIT.
  if (own || !c.closed) c.last = std::max(c.last, line.nanoseconds);
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

bool Summary::is_told_by_twin(std::uint32_t number) const {
  const std::uint32_t twin = identity_.twin_of(number);
  return !connections_[number].told && twin != Index::none && connections_[twin].told;
}

void Summary::print(const std::function<bool(std::string_view)>& write) const {
  if (json_) {
    print_json(write);
  } else {
    print_table(write);
  }
}

}  // namespace tcpkit::diagram
