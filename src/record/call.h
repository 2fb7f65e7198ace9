#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "record/field.h"
#include "record/layer.h"

/// The records of this layer: what the program called.
namespace tcpkit::record::call {

struct Connect {
  static constexpr Layer layer = Layer::call;
  static constexpr std::string_view name = "connect";
  std::string host;
  std::optional<int> port;  ///< empty for a Unix socket, whose path is `host`
  static void fields(auto& e, auto&& visit) {
    visit("host", shown_if(e.port.has_value(), e.host));
    visit("port", unless_empty(e.port));
    visit("path", shown_if(!e.port, e.host));
  }
};

struct Listen {
  static constexpr Layer layer = Layer::call;
  static constexpr std::string_view name = "listen";
  std::string host;
  std::optional<int> port;
  int backlog;
  static void fields(auto& e, auto&& visit) {
    Connect::fields(e, visit);
    visit("backlog", e.backlog);
  }
};

/// `flushed`: the kernel took all at once. `writable_length`: bytes still in our queue.
struct Write {
  static constexpr Layer layer = Layer::call;
  static constexpr std::string_view name = "write";
  std::uint64_t bytes = 0;
  bool flushed = true;
  std::uint64_t writable_length = 0;
  Payload payload;
  static void fields(auto& e, auto&& visit) {
    visit("bytes", e.bytes);
    visit("flushed", e.flushed);
    visit("writableLength", e.writable_length);
    visit("payload", e.payload);
  }
};

struct End {
  static constexpr Layer layer = Layer::call;
  static constexpr std::string_view name = "end";
  static void fields(auto& /*e*/, auto&& /*visit*/) {}
};

/// `unread`: received data waits in the kernel, so closing answers the peer with RST. `reset`: it
/// does so for this or another reason, SO_LINGER of 0 seconds.
struct Destroy {
  static constexpr Layer layer = Layer::call;
  static constexpr std::string_view name = "destroy";
  bool unread;
  bool reset;
  static void fields(auto& e, auto&& visit) {
    visit("unread", e.unread);
    visit("reset", e.reset);
  }
  /// RST goes out, not FIN. Traces of earlier versions have only `unread`.
  [[nodiscard]] bool resets() const { return reset || unread; }
};

struct DestroySoon {
  static constexpr Layer layer = Layer::call;
  static constexpr std::string_view name = "destroySoon";
  static void fields(auto& /*e*/, auto&& /*visit*/) {}
};

/// `reset`: false if SO_LINGER could not be set, so that a FIN goes out; else absent.
struct ResetAndDestroy {
  static constexpr Layer layer = Layer::call;
  static constexpr std::string_view name = "resetAndDestroy";
  bool reset = true;
  static void fields(auto& e, auto&& visit) { visit("reset", shown_if(!e.reset, e.reset)); }
};

struct Pause {
  static constexpr Layer layer = Layer::call;
  static constexpr std::string_view name = "pause";
  static void fields(auto& /*e*/, auto&& /*visit*/) {}
};

struct Resume {
  static constexpr Layer layer = Layer::call;
  static constexpr std::string_view name = "resume";
  static void fields(auto& /*e*/, auto&& /*visit*/) {}
};

/// net.Server's close(): no new connections.
struct Close {
  static constexpr Layer layer = Layer::call;
  static constexpr std::string_view name = "close";
  static void fields(auto& /*e*/, auto&& /*visit*/) {}
};

struct SetNoDelay {
  static constexpr Layer layer = Layer::call;
  static constexpr std::string_view name = "setNoDelay";
  bool no_delay;
  static void fields(auto& e, auto&& visit) { visit("noDelay", e.no_delay); }
};

/// Seconds, as the kernel has them; empty: the system's values stay. The trace shows milliseconds.
struct SetKeepAlive {
  static constexpr Layer layer = Layer::call;
  static constexpr std::string_view name = "setKeepAlive";
  std::optional<int> idle;
  std::optional<int> interval;
  std::optional<int> count;
  bool enable = true;
  static void fields(auto& e, auto&& visit) {
    visit("enable", e.enable);
    visit("idleMs", Seconds{e.idle});
    visit("intervalMs", Seconds{e.interval});
    visit("count", e.count);
  }
};

/// Milliseconds.
struct SetTimeout {
  static constexpr Layer layer = Layer::call;
  static constexpr std::string_view name = "setTimeout";
  std::int64_t timeout;
  static void fields(auto& e, auto&& visit) { visit("timeoutMs", e.timeout); }
};

/// Any other socket option, by its name in setsockopt(2).
struct SetSockOpt {
  static constexpr Layer layer = Layer::call;
  static constexpr std::string_view name = "setsockopt";
  std::string_view option;
  std::string value;
  static void fields(auto& e, auto&& visit) {
    visit("option", e.option);
    visit("value", e.value);
  }
};

using All = Kinds<Connect, Listen, Write, End, Destroy, DestroySoon, ResetAndDestroy, Pause, Resume,
                  Close, SetNoDelay, SetKeepAlive, SetTimeout, SetSockOpt>;

}  // namespace tcpkit::record::call
