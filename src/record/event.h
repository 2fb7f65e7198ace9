#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/address.h"
#include "base/error.h"
#include "record/layer.h"

/// The records of this layer: what the API reported.
namespace tcpkit::record::ev {

struct Lookup {
  static constexpr Layer layer = Layer::event;
  static constexpr std::string_view name = "lookup";
  std::string host;
  std::optional<std::string> address;
  std::optional<std::string_view> family;  ///< Address::family_name()
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
  std::optional<std::string_view> family;  ///< Address::family_name()
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
    visit("timeoutMs", timeout);
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

}  // namespace tcpkit::record::ev
