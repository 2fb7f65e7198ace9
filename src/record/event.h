#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/address.h"
#include "base/error.h"
#include "record/field.h"
#include "record/layer.h"

/// The records of this layer: what the API reported. `of_listener`: the listener reports it, not a
/// connection.
namespace tcpkit::record::ev {

struct Lookup {
  static constexpr Layer layer = Layer::event;
  static constexpr std::string_view name = "lookup";
  std::string host;
  std::optional<std::string> address;
  std::optional<std::string_view> family;  ///< Address::family_name()
  std::optional<Error> error;
  static void fields(auto& e, auto&& visit) {
    visit("host", e.host);
    visit("address", e.address);
    visit("family", e.family);
    visit("error", e.error);
  }
};

/// `port` and `family` are null for a Unix socket, whose path is `ip`.
struct ConnectionAttempt {
  static constexpr Layer layer = Layer::event;
  static constexpr std::string_view name = "connectionAttempt";
  std::string ip;
  std::optional<int> port;
  std::optional<std::string_view> family;  ///< Address::family_name()
  static void fields(auto& e, auto&& visit) {
    visit("ip", e.ip);
    visit("port", e.port);
    visit("family", e.family);
  }
};

struct ConnectionAttemptFailed {
  static constexpr Layer layer = Layer::event;
  static constexpr std::string_view name = "connectionAttemptFailed";
  ConnectionAttempt attempt;
  Error error;
  static void fields(auto& e, auto&& visit) {
    ConnectionAttempt::fields(e.attempt, visit);
    visit("error", e.error);
  }
};

struct ConnectionAttemptTimeout {
  static constexpr Layer layer = Layer::event;
  static constexpr std::string_view name = "connectionAttemptTimeout";
  ConnectionAttempt attempt;
  static void fields(auto& e, auto&& visit) { ConnectionAttempt::fields(e.attempt, visit); }
};

struct Connect {
  static constexpr Layer layer = Layer::event;
  static constexpr std::string_view name = "connect";
  SocketNames ends;
  static void fields(auto& e, auto&& visit) { SocketNames::fields(e.ends, visit); }
};

struct Ready {
  static constexpr Layer layer = Layer::event;
  static constexpr std::string_view name = "ready";
  static void fields(auto& /*e*/, auto&& /*visit*/) {}
};

/// `host` is the path for a Unix socket ("@NAME" where abstract), which has no port.
struct Listening {
  static constexpr Layer layer = Layer::event;
  static constexpr std::string_view name = "listening";
  static constexpr bool of_listener = true;
  std::string host;
  std::optional<int> port;
  std::optional<std::string_view> family;  ///< Address::family_name()
  static void fields(auto& e, auto&& visit) {
    visit("path", shown_if(!e.port, e.host));
    visit("address", shown_if(e.port.has_value(), e.host));
    visit("port", unless_empty(e.port));
    visit("family", unless_empty(e.family));
  }
  static Listening at(const Address& address);
};

/// `connections`: open ones, this included.
struct Connection {
  static constexpr Layer layer = Layer::event;
  static constexpr std::string_view name = "connection";
  static constexpr bool of_listener = true;
  SocketNames ends;
  std::uint64_t connections;
  static void fields(auto& e, auto&& visit) {
    SocketNames::fields(e.ends, visit);
    visit("connections", e.connections);
  }
};

/// A client closed at once after accept. `reason`: maxConnections or unknownPeer.
struct Drop {
  static constexpr Layer layer = Layer::event;
  static constexpr std::string_view name = "drop";
  static constexpr bool of_listener = true;
  SocketNames ends;
  std::string_view reason;
  std::string_view option;
  static void fields(auto& e, auto&& visit) {
    SocketNames::fields(e.ends, visit);
    visit("reason", e.reason);
    visit("option", e.option);
  }
};

/// A client closed at once after accept, by the rules. Not of Node, which says nothing. `rule` in
/// Node's form, null where only an allow list speaks; `list`: block or allow; `option` gave it.
struct Blocked {
  static constexpr Layer layer = Layer::event;
  static constexpr std::string_view name = "blocked";
  static constexpr bool of_listener = true;
  SocketNames ends;
  std::optional<std::string> rule;
  std::string_view list;
  std::string_view option;
  static void fields(auto& e, auto&& visit) {
    SocketNames::fields(e.ends, visit);
    visit("rule", e.rule);
    visit("list", e.list);
    visit("option", e.option);
  }
};

struct Data {
  static constexpr Layer layer = Layer::event;
  static constexpr std::string_view name = "data";
  std::uint64_t bytes;
  std::uint64_t bytes_read;
  Payload payload;
  static void fields(auto& e, auto&& visit) {
    visit("bytes", e.bytes);
    visit("bytesRead", e.bytes_read);
    visit("payload", e.payload);
  }
};

struct Drain {
  static constexpr Layer layer = Layer::event;
  static constexpr std::string_view name = "drain";
  static void fields(auto& /*e*/, auto&& /*visit*/) {}
};

/// bytesWritten: all that write() accepted, sent or not.
struct Finish {
  static constexpr Layer layer = Layer::event;
  static constexpr std::string_view name = "finish";
  std::uint64_t bytes_written;
  static void fields(auto& e, auto&& visit) { visit("bytesWritten", e.bytes_written); }
};

struct End {
  static constexpr Layer layer = Layer::event;
  static constexpr std::string_view name = "end";
  std::uint64_t bytes_read;
  static void fields(auto& e, auto&& visit) { visit("bytesRead", e.bytes_read); }
};

enum class TimeoutKind : std::uint8_t { idle, connect, accept, deadline };
std::string_view to_string(TimeoutKind kind);

/// `timeout` in milliseconds; `option` is the one that set it.
struct Timeout {
  static constexpr Layer layer = Layer::event;
  static constexpr std::string_view name = "timeout";
  std::int64_t timeout;
  std::string_view kind;  ///< to_string() of it
  std::string_view option;
  static void fields(auto& e, auto&& visit) {
    visit("timeoutMs", e.timeout);
    visit("kind", e.kind);
    visit("option", e.option);
  }
};

struct Failure {
  static constexpr Layer layer = Layer::event;
  static constexpr std::string_view name = "error";
  Error error;
  static void fields(auto& e, auto&& visit) { visit("error", e.error); }
};

/// Of a connection. `unsent`: accepted by write() and never given to the kernel; absent where 0.
struct Close {
  static constexpr Layer layer = Layer::event;
  static constexpr std::string_view name = "close";
  bool had_error;
  std::uint64_t bytes_read;
  std::uint64_t bytes_written;
  std::uint64_t unsent;
  static void fields(auto& e, auto&& visit) {
    visit("hadError", e.had_error);
    visit("bytesRead", e.bytes_read);
    visit("bytesWritten", e.bytes_written);
    visit("unsent", unless_empty(e.unsent));
  }
};

/// Of a listener.
struct ListenerClose {
  static constexpr Layer layer = Layer::event;
  static constexpr std::string_view name = "close";
  static constexpr bool of_listener = true;
  static void fields(auto& /*e*/, auto&& /*visit*/) {}
};

using All = Kinds<Lookup, ConnectionAttempt, ConnectionAttemptFailed, ConnectionAttemptTimeout,
                  Connect, Ready, Listening, Connection, Drop, Blocked, Data, Drain, Finish, End,
                  Timeout, Failure, Close, ListenerClose>;

}  // namespace tcpkit::record::ev
