#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/address.h"
#include "base/error.h"

/// One struct for each kind of record, by the names of Node's net module. `fields(visit)` calls
/// visit(name, value) for each field in order; an empty optional is null, what is not visited is
/// absent. Every sink, script and diagram is made from these declarations alone.
///
/// Grammar of one client:  lookup* attempt* timeout? (connect ready (data | drain | timeout | end |
/// finish)*)? error? close, where attempt is connectionAttempt (connectionAttemptFailed |
/// connectionAttemptTimeout)?. A server has the part behind `ready`. `close` is last and comes
/// once.
namespace tcpkit::trace {

enum class Layer : std::uint8_t { call, event, kernel, wire, note };
enum class Role : std::uint8_t { none, client, listener, server };
/// Node's socket.readyState.
enum class ReadyState : std::uint8_t { opening, open, read_only, write_only, closed };

std::string_view to_string(Layer layer);
std::string_view to_string(Role role);
std::string_view to_string(ReadyState state);

/// Both ends of a connection; null where unknown (a peer that reset before accept) and for Unix
/// sockets, as in Node.
struct Ends {
  std::optional<Address> local;
  std::optional<Address> remote;

  template <class V>
  void fields(V&& visit) const {
    one(visit, local, "localAddress", "localPort", "localFamily");
    one(visit, remote, "remoteAddress", "remotePort", "remoteFamily");
  }

 private:
  template <class V>
  static void one(V& visit, const std::optional<Address>& end, const char* address,
                  const char* port, const char* family) {
    const bool known = end && !end->is_unix();
    visit(address, known ? std::optional(end->host()) : std::nullopt);
    visit(port, known ? std::optional<int>(end->port()) : std::nullopt);
    visit(family, known ? std::optional(end->family_name()) : std::nullopt);
  }
};

/// Bytes that passed. Points into a buffer that lives only as long as the record is being written:
/// a sink that keeps records copies it.
struct Payload {
  std::string_view bytes;
};

namespace call {

struct Connect {
  static constexpr Layer layer = Layer::call;
  static constexpr std::string_view name = "connect";
  std::string host;
  std::optional<int> port;  ///< empty for a Unix socket, whose path is `host`
  template <class V>
  void fields(V&& visit) const {
    if (port) {
      visit("host", host);
      visit("port", *port);
    } else {
      visit("path", host);
    }
  }
};

struct Listen {
  static constexpr Layer layer = Layer::call;
  static constexpr std::string_view name = "listen";
  std::string host;
  std::optional<int> port;
  int backlog;
  template <class V>
  void fields(V&& visit) const {
    Connect{host, port}.fields(visit);
    visit("backlog", backlog);
  }
};

/// `flushed`: the kernel took all at once. `writable_length`: bytes still in our queue.
struct Write {
  static constexpr Layer layer = Layer::call;
  static constexpr std::string_view name = "write";
  std::uint64_t bytes;
  bool flushed;
  std::uint64_t writable_length;
  Payload payload;
  template <class V>
  void fields(V&& visit) const {
    visit("bytes", bytes);
    visit("flushed", flushed);
    visit("writableLength", writable_length);
    visit("payload", payload);
  }
};

struct End {
  static constexpr Layer layer = Layer::call;
  static constexpr std::string_view name = "end";
  template <class V>
  void fields(V&& /*visit*/) const {}
};

/// `unread`: received data waits in the kernel, so closing answers the peer with RST.
struct Destroy {
  static constexpr Layer layer = Layer::call;
  static constexpr std::string_view name = "destroy";
  bool unread;
  template <class V>
  void fields(V&& visit) const {
    visit("unread", unread);
  }
};

struct DestroySoon {
  static constexpr Layer layer = Layer::call;
  static constexpr std::string_view name = "destroySoon";
  template <class V>
  void fields(V&& /*visit*/) const {}
};

struct ResetAndDestroy {
  static constexpr Layer layer = Layer::call;
  static constexpr std::string_view name = "resetAndDestroy";
  template <class V>
  void fields(V&& /*visit*/) const {}
};

struct Pause {
  static constexpr Layer layer = Layer::call;
  static constexpr std::string_view name = "pause";
  template <class V>
  void fields(V&& /*visit*/) const {}
};

struct Resume {
  static constexpr Layer layer = Layer::call;
  static constexpr std::string_view name = "resume";
  template <class V>
  void fields(V&& /*visit*/) const {}
};

/// net.Server's close(): no new connections.
struct Close {
  static constexpr Layer layer = Layer::call;
  static constexpr std::string_view name = "close";
  template <class V>
  void fields(V&& /*visit*/) const {}
};

struct SetNoDelay {
  static constexpr Layer layer = Layer::call;
  static constexpr std::string_view name = "setNoDelay";
  bool no_delay;
  template <class V>
  void fields(V&& visit) const {
    visit("noDelay", no_delay);
  }
};

/// Seconds, as the kernel has them; empty: the system's values stay.
struct SetKeepAlive {
  static constexpr Layer layer = Layer::call;
  static constexpr std::string_view name = "setKeepAlive";
  std::optional<int> idle;
  std::optional<int> interval;
  std::optional<int> count;
  bool enable = true;
  template <class V>
  void fields(V&& visit) const {
    visit("enable", enable);
    visit("idle", idle);
    visit("interval", interval);
    visit("count", count);
  }
};

/// Milliseconds.
struct SetTimeout {
  static constexpr Layer layer = Layer::call;
  static constexpr std::string_view name = "setTimeout";
  std::int64_t timeout;
  template <class V>
  void fields(V&& visit) const {
    visit("timeout", timeout);
  }
};

/// Any other socket option, by its name in setsockopt(2).
struct SetSockOpt {
  static constexpr Layer layer = Layer::call;
  static constexpr std::string_view name = "setsockopt";
  std::string_view option;
  std::string value;
  template <class V>
  void fields(V&& visit) const {
    visit("option", option);
    visit("value", value);
  }
};

}  // namespace call

namespace ev {

struct Lookup {
  static constexpr Layer layer = Layer::event;
  static constexpr std::string_view name = "lookup";
  std::string host;
  std::optional<std::string> address;
  std::optional<int> family;
  std::optional<Error> error;
  template <class V>
  void fields(V&& visit) const {
    visit("host", host);
    visit("address", address);
    visit("family", family);
    visit("error", error);
  }
};

/// `port` and `family` are null for a Unix socket, whose path is `ip`.
struct ConnectionAttempt {
  static constexpr Layer layer = Layer::event;
  static constexpr std::string_view name = "connectionAttempt";
  std::string ip;
  std::optional<int> port;
  std::optional<int> family;
  template <class V>
  void fields(V&& visit) const {
    visit("ip", ip);
    visit("port", port);
    visit("family", family);
  }
};

struct ConnectionAttemptFailed {
  static constexpr Layer layer = Layer::event;
  static constexpr std::string_view name = "connectionAttemptFailed";
  ConnectionAttempt attempt;
  Error error;
  template <class V>
  void fields(V&& visit) const {
    attempt.fields(visit);
    visit("error", error);
  }
};

struct ConnectionAttemptTimeout {
  static constexpr Layer layer = Layer::event;
  static constexpr std::string_view name = "connectionAttemptTimeout";
  ConnectionAttempt attempt;
  template <class V>
  void fields(V&& visit) const {
    attempt.fields(visit);
  }
};

struct Connect {
  static constexpr Layer layer = Layer::event;
  static constexpr std::string_view name = "connect";
  Ends ends;
  template <class V>
  void fields(V&& visit) const {
    ends.fields(visit);
  }
};

struct Ready {
  static constexpr Layer layer = Layer::event;
  static constexpr std::string_view name = "ready";
  template <class V>
  void fields(V&& /*visit*/) const {}
};

/// `address` is the path for a Unix socket ("@NAME" where abstract).
struct Listening {
  static constexpr Layer layer = Layer::event;
  static constexpr std::string_view name = "listening";
  Address address;
  template <class V>
  void fields(V&& visit) const {
    if (address.is_unix()) {
      visit("path", address.host());
      return;
    }
    visit("address", address.host());
    visit("port", static_cast<int>(address.port()));
    visit("family", address.family_name());
  }
};

/// `connections`: open ones, this included.
struct Connection {
  static constexpr Layer layer = Layer::event;
  static constexpr std::string_view name = "connection";
  Ends ends;
  std::uint64_t connections;
  template <class V>
  void fields(V&& visit) const {
    ends.fields(visit);
    visit("connections", connections);
  }
};

/// A client closed at once after accept. `reason`: maxConnections or unknownPeer.
struct Drop {
  static constexpr Layer layer = Layer::event;
  static constexpr std::string_view name = "drop";
  Ends ends;
  std::string_view reason;
  std::string_view option;
  template <class V>
  void fields(V&& visit) const {
    ends.fields(visit);
    visit("reason", reason);
    visit("option", option);
  }
};

/// A client closed at once after accept, by the rules. Not of Node, which says nothing. `rule` in
/// Node's form, null where only an allow list speaks; `list`: block or allow; `option` gave it.
struct Blocked {
  static constexpr Layer layer = Layer::event;
  static constexpr std::string_view name = "blocked";
  Ends ends;
  std::optional<std::string> rule;
  std::string_view list;
  std::string_view option;
  template <class V>
  void fields(V&& visit) const {
    ends.fields(visit);
    visit("rule", rule);
    visit("list", list);
    visit("option", option);
  }
};

struct Data {
  static constexpr Layer layer = Layer::event;
  static constexpr std::string_view name = "data";
  std::uint64_t bytes;
  std::uint64_t bytes_read;
  Payload payload;
  template <class V>
  void fields(V&& visit) const {
    visit("bytes", bytes);
    visit("bytesRead", bytes_read);
    visit("payload", payload);
  }
};

struct Drain {
  static constexpr Layer layer = Layer::event;
  static constexpr std::string_view name = "drain";
  template <class V>
  void fields(V&& /*visit*/) const {}
};

/// bytesWritten: all that write() accepted, sent or not.
struct Finish {
  static constexpr Layer layer = Layer::event;
  static constexpr std::string_view name = "finish";
  std::uint64_t bytes_written;
  template <class V>
  void fields(V&& visit) const {
    visit("bytesWritten", bytes_written);
  }
};

struct End {
  static constexpr Layer layer = Layer::event;
  static constexpr std::string_view name = "end";
  std::uint64_t bytes_read;
  template <class V>
  void fields(V&& visit) const {
    visit("bytesRead", bytes_read);
  }
};

enum class TimeoutKind : std::uint8_t { idle, connect, accept, deadline };
std::string_view to_string(TimeoutKind kind);

/// `timeout` in milliseconds; `option` is the one that set it.
struct Timeout {
  static constexpr Layer layer = Layer::event;
  static constexpr std::string_view name = "timeout";
  std::int64_t timeout;
  TimeoutKind kind;
  std::string_view option;
  template <class V>
  void fields(V&& visit) const {
    visit("timeout", timeout);
    visit("kind", to_string(kind));
    visit("option", option);
  }
};

struct Failure {
  static constexpr Layer layer = Layer::event;
  static constexpr std::string_view name = "error";
  Error error;
  template <class V>
  void fields(V&& visit) const {
    visit("error", error);
  }
};

/// Of a connection. `unsent`: accepted by write() and never given to the kernel; absent where 0.
struct Close {
  static constexpr Layer layer = Layer::event;
  static constexpr std::string_view name = "close";
  bool had_error;
  std::uint64_t bytes_read;
  std::uint64_t bytes_written;
  std::uint64_t unsent;
  template <class V>
  void fields(V&& visit) const {
    visit("hadError", had_error);
    visit("bytesRead", bytes_read);
    visit("bytesWritten", bytes_written);
    if (unsent != 0) visit("unsent", unsent);
  }
};

/// Of a listener.
struct ListenerClose {
  static constexpr Layer layer = Layer::event;
  static constexpr std::string_view name = "close";
  template <class V>
  void fields(V&& /*visit*/) const {}
};

}  // namespace ev

namespace kernel {

/// A probe of SO_KEEPALIVE went out; `unanswered` ones in a row, this included. `inferred`: the
/// probe itself was too fast to be seen, its ACK was not.
struct KeepaliveProbe {
  static constexpr Layer layer = Layer::kernel;
  static constexpr std::string_view name = "keepaliveProbe";
  int unanswered;
  bool inferred;
  template <class V>
  void fields(V&& visit) const {
    visit("unanswered", unanswered);
    if (inferred) visit("inferred", inferred);
  }
};

/// The peer acknowledged a probe.
struct KeepaliveAck {
  static constexpr Layer layer = Layer::kernel;
  static constexpr std::string_view name = "keepaliveAck";
  template <class V>
  void fields(V&& /*visit*/) const {}
};

/// A transition of the state machine of RFC 9293, 3.3.2, by its names there. `inferred`: too fast
/// to be seen, filled in because there is no other way from the state before to the one after.
struct State {
  static constexpr Layer layer = Layer::kernel;
  static constexpr std::string_view name = "state";
  std::string_view from;
  std::string_view to;
  bool inferred;
  template <class V>
  void fields(V&& visit) const {
    visit("from", from);
    visit("to", to);
    if (inferred) visit("inferred", inferred);
  }
};

/// The peer's kernel acknowledged our data, up to `bytes_acked` since the connection's start.
/// `rtt_us`: the kernel's smoothed round-trip time, in microseconds; null where it has none.
struct Ack {
  static constexpr Layer layer = Layer::kernel;
  static constexpr std::string_view name = "ack";
  std::uint64_t bytes_acked;
  std::optional<std::uint32_t> rtt_us;
  bool inferred;
  template <class V>
  void fields(V&& visit) const {
    visit("bytesAcked", bytes_acked);
    visit("rttUs", rtt_us);
    if (inferred) visit("inferred", inferred);
  }
};

/// The peer's kernel acknowledged our FIN.
struct FinAcked {
  static constexpr Layer layer = Layer::kernel;
  static constexpr std::string_view name = "finAcked";
  bool inferred;
  template <class V>
  void fields(V&& visit) const {
    if (inferred) visit("inferred", inferred);
  }
};

/// What TCP_INFO of tcp(7) says. Times in microseconds, `cwnd` in segments, `mss` in bytes, the
/// rate in bytes per second; null where the kernel does not know.
struct Info {
  static constexpr Layer layer = Layer::kernel;
  static constexpr std::string_view name = "info";
  std::uint32_t rtt_us;
  std::uint32_t rttvar_us;
  std::uint32_t cwnd;
  std::uint32_t mss;
  std::uint64_t bytes_acked;
  std::uint32_t retransmits;  ///< segments, since the connection's start
  std::optional<std::uint64_t> delivery_rate;
  template <class V>
  void fields(V&& visit) const {
    visit("rttUs", rtt_us);
    visit("rttvarUs", rttvar_us);
    visit("cwnd", cwnd);
    visit("mss", mss);
    visit("bytesAcked", bytes_acked);
    visit("retransmits", retransmits);
    visit("deliveryRate", delivery_rate);
  }
};

/// Data in flight was sent again, `count` times in a row without an answer.
struct Retransmit {
  static constexpr Layer layer = Layer::kernel;
  static constexpr std::string_view name = "retransmit";
  int count;
  template <class V>
  void fields(V&& visit) const {
    visit("count", count);
  }
};

}  // namespace kernel

namespace wire {

/// A segment of the connection as it was captured. `from` and `to`: HOST:PORT. `seq` and `ack` are
/// relative to the first numbers seen of each direction, as Wireshark and tcpdump count; `ack` is
/// null without the ACK flag. `len`: bytes of data. `win`: bytes, scaled where the scale was seen.
/// `label` names what a segment is beside its flags: keep-alive, keep-alive-ack, retransmission,
/// zero-window, window-update, dup-ack; empty: nothing special.
struct Segment {
  static constexpr Layer layer = Layer::wire;
  static constexpr std::string_view name = "segment";
  std::string from;
  std::string to;
  std::vector<std::string_view> flags;  ///< FIN, SYN, RST, PSH, ACK, URG, ECE, CWR: in this order
  std::uint32_t seq = 0;
  std::optional<std::uint32_t> ack;
  std::uint32_t len = 0;
  std::uint32_t win = 0;
  std::vector<std::string> options;  ///< "mss 1460", "sackOK", "wscale 7", "TS val 1 ecr 0"
  std::string_view label;
  template <class V>
  void fields(V&& visit) const {
    visit("from", from);
    visit("to", to);
    visit("flags", flags);
    visit("seq", seq);  // in the place of the record's number
    visit("ack", ack);
    visit("len", len);
    visit("win", win);
    visit("options", options);
    if (!label.empty()) visit("label", label);
  }
};

}  // namespace wire

namespace note {

/// A diagnostic of the program.
struct Message {
  static constexpr Layer layer = Layer::note;
  static constexpr std::string_view name = "message";
  std::string text;
  template <class V>
  void fields(V&& visit) const {
    visit("text", text);
  }
};

/// A sentence of teaching about the record before it (--explain).
struct Explain {
  static constexpr Layer layer = Layer::note;
  static constexpr std::string_view name = "explain";
  std::string_view word;
  std::string_view text;
  template <class V>
  void fields(V&& visit) const {
    visit("word", word);
    visit("text", text);
  }
};

/// What an experiment is about to show, or has shown.
struct Step {
  static constexpr Layer layer = Layer::note;
  static constexpr std::string_view name = "step";
  std::string text;
  template <class V>
  void fields(V&& visit) const {
    visit("text", text);
  }
};

/// The outcome of an experiment: sentences for people, and its figures as fields of their own.
struct Summary {
  static constexpr Layer layer = Layer::note;
  static constexpr std::string_view name = "summary";
  using Value = std::variant<std::string, std::int64_t, bool>;
  std::string text;
  std::vector<std::pair<std::string_view, Value>> figures;
  template <class V>
  void fields(V&& visit) const {
    visit("text", text);
    for (const auto& [key, value] : figures) {
      std::visit([&, k = key](const auto& v) { visit(k, v); }, value);
    }
  }
};

/// What has passed so far (SIGUSR1).
struct Counters {
  static constexpr Layer layer = Layer::note;
  static constexpr std::string_view name = "counters";
  std::uint64_t bytes_read;
  std::uint64_t bytes_written;
  std::uint64_t writable_length;
  template <class V>
  void fields(V&& visit) const {
    visit("bytesRead", bytes_read);
    visit("bytesWritten", bytes_written);
    visit("writableLength", writable_length);
  }
};

}  // namespace note

using Body =
    std::variant<call::Connect, call::Listen, call::Write, call::End, call::Destroy,
                 call::DestroySoon, call::ResetAndDestroy, call::Pause, call::Resume, call::Close,
                 call::SetNoDelay, call::SetKeepAlive, call::SetTimeout, call::SetSockOpt,
                 ev::Lookup, ev::ConnectionAttempt, ev::ConnectionAttemptFailed,
                 ev::ConnectionAttemptTimeout, ev::Connect, ev::Ready, ev::Listening,
                 ev::Connection, ev::Drop, ev::Blocked, ev::Data, ev::Drain, ev::Finish, ev::End,
                 ev::Timeout, ev::Failure, ev::Close, ev::ListenerClose, kernel::KeepaliveProbe,
                 kernel::KeepaliveAck, kernel::Retransmit, kernel::State, kernel::Ack,
                 kernel::FinAcked, kernel::Info, wire::Segment, note::Message, note::Explain,
                 note::Step, note::Summary, note::Counters>;

/// A record: what happened (body), to whom (role and connection), when.
struct Record {
  std::uint64_t nanoseconds = 0;  ///< since the program started
  Role role = Role::none;
  unsigned conn = 0;  ///< 0: none (the listener's own records)
  std::optional<ReadyState> ready_state;
  Body body;
  std::string_view actor{};  ///< of a lab; empty: none

  [[nodiscard]] Layer layer() const {
    return std::visit([](const auto& b) { return b.layer; }, body);
  }
  [[nodiscard]] std::string_view name() const {
    return std::visit([](const auto& b) { return b.name; }, body);
  }
};

}  // namespace tcpkit::trace
