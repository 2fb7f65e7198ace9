#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "record/layer.h"

/// The records of this layer: what the program called.
namespace tcpkit::record::call {

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

/// `unread`: received data waits in the kernel, so closing answers the peer with RST. `reset`: it
/// does so for this or another reason, SO_LINGER of 0 seconds.
struct Destroy {
  static constexpr Layer layer = Layer::call;
  static constexpr std::string_view name = "destroy";
  bool unread;
  bool reset;
  template <class V>
  void fields(V&& visit) const {
    visit("unread", unread);
    visit("reset", reset);
  }
};

struct DestroySoon {
  static constexpr Layer layer = Layer::call;
  static constexpr std::string_view name = "destroySoon";
  template <class V>
  void fields(V&& /*visit*/) const {}
};

/// `reset`: false if SO_LINGER could not be set, so that a FIN goes out; else absent.
struct ResetAndDestroy {
  static constexpr Layer layer = Layer::call;
  static constexpr std::string_view name = "resetAndDestroy";
  bool reset;
  template <class V>
  void fields(V&& visit) const {
    if (!reset) visit("reset", reset);
  }
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

/// Seconds, as the kernel has them; empty: the system's values stay. The trace shows milliseconds.
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
    visit("idleMs", milliseconds(idle));
    visit("intervalMs", milliseconds(interval));
    visit("count", count);
  }

 private:
  static std::optional<std::int64_t> milliseconds(std::optional<int> seconds) {
    constexpr std::int64_t ms_per_s = 1000;
    return seconds ? std::optional(*seconds * ms_per_s) : std::nullopt;
  }
};

/// Milliseconds.
struct SetTimeout {
  static constexpr Layer layer = Layer::call;
  static constexpr std::string_view name = "setTimeout";
  std::int64_t timeout;
  template <class V>
  void fields(V&& visit) const {
    visit("timeoutMs", timeout);
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

}  // namespace tcpkit::record::call
