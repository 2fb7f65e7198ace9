#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace tcpkit::net {

/// Keep-alive of tcp(7), in whole seconds. Empty `idle`: only SO_KEEPALIVE is set and the
/// system's three values stay; otherwise interval and count are 1 and 10 unless given, as in Node.
struct KeepAlive {
  std::optional<int> idle;
  std::optional<int> interval;
  std::optional<int> count;
};

/// The options of socket(7), ip(7) and tcp(7) that the command line offers. Empty: the system's
/// value stays.
struct SocketOptions {
  bool no_delay = false;
  std::optional<KeepAlive> keep_alive;
  std::optional<std::chrono::milliseconds> user_timeout;
  std::optional<int> send_buffer;  ///< bytes, as given to SO_SNDBUF (the kernel doubles it)
  std::optional<int> recv_buffer;
  std::optional<int> tos;     ///< 0 to 255
  std::optional<int> ttl;     ///< 1 to 255
  std::optional<int> linger;  ///< seconds; 0: close sends RST
  std::string congestion;
  std::string interface;
  bool fast_open = false;

  /// True where an option is set that only TCP has.
  [[nodiscard]] bool has_tcp_only() const;
};

/// What follows an idle timeout: Node leaves it to the program. `end`: FIN, and destroy() after a
/// second idle period.
enum class TimeoutAction { none, end, destroy, reset };

/// What changes on a connection that is already there; what is empty stays.
struct OptionChange {
  SocketOptions set;  ///< without its no_delay, keep_alive and fast_open
  std::optional<bool> no_delay;
  std::optional<bool> keep_alive;  ///< SO_KEEPALIVE
  KeepAlive probes;                ///< with keep_alive, or alone
  std::optional<bool> allow_half_open;
  std::optional<std::size_t> high_water_mark;
  std::optional<std::chrono::milliseconds> timeout;  ///< idle; 0: none
  std::optional<TimeoutAction> timeout_action;
};

/// A setsockopt(2) that failed.
struct OptionError {
  std::string_view option;  ///< "SO_RCVBUF"
  int err;                  ///< positive errno
};

/// Told of each option set, for the trace.
using OptionReport = std::function<void(std::string_view option, const std::string& value)>;

/// Sets what must be there before connect(2) or listen(2): everything but no_delay and keep_alive.
/// `family` is 4, 6 or 0 (Unix). Accepted sockets inherit them from the listener.
std::optional<OptionError> apply_early(int fd, int family, const SocketOptions& options,
                                       const OptionReport& report);

/// Sets no_delay and keep_alive on a connected socket.
std::optional<OptionError> apply_connected(int fd, const SocketOptions& options);

/// Sets on a connected socket what is setsockopt(2)'s part of `change`. `family` as in
/// apply_early(). Reports all but no_delay and keep_alive.
std::optional<OptionError> apply_change(int fd, int family, const OptionChange& change,
                                        const OptionReport& report);

}  // namespace tcpkit::net
