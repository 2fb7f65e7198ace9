#include "net/socket_options.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>

namespace tcpkit::net {
namespace {

/// Sets options one after another until one fails.
class Setter {
 public:
  Setter(int fd, const OptionReport& report) : fd_(fd), report_(report) {}

  void set(int level, int option, std::string_view name, int value) {
    set_raw(level, option, name, &value, sizeof value, [&] { return std::to_string(value); });
  }
  void set(int level, int option, std::string_view name, const std::string& value) {
    set_raw(level, option, name, value.data(), value.size(), [&] { return value; });
  }
  void set(int level, int option, std::string_view name, const linger& value) {
    set_raw(level, option, name, &value, sizeof value,
            [&] { return std::to_string(value.l_linger); });
  }
  [[nodiscard]] const std::optional<OptionError>& error() const { return error_; }

 private:
  template <class Text>
  void set_raw(int level, int option, std::string_view name, const void* value, std::size_t size,
               Text text) {
    if (error_) return;
    if (::setsockopt(fd_, level, option, value, static_cast<socklen_t>(size)) != 0) {
      error_ = OptionError{name, errno};
    } else if (report_) {
      report_(name, text());
    }
  }

  int fd_;
  const OptionReport& report_;
  std::optional<OptionError> error_;
};

}  // namespace

bool SocketOptions::has_tcp_only() const {
  return no_delay || keep_alive || user_timeout || tos || ttl || !congestion.empty() ||
         !interface.empty() || fast_open;
}

std::optional<OptionError> apply_early(int fd, int family, const SocketOptions& options,
                                       const OptionReport& report) {
  Setter s(fd, report);
  if (options.send_buffer) s.set(SOL_SOCKET, SO_SNDBUF, "SO_SNDBUF", *options.send_buffer);
  if (options.recv_buffer) s.set(SOL_SOCKET, SO_RCVBUF, "SO_RCVBUF", *options.recv_buffer);
  if (options.linger) s.set(SOL_SOCKET, SO_LINGER, "SO_LINGER", linger{1, *options.linger});
  if (!options.interface.empty()) {
    s.set(SOL_SOCKET, SO_BINDTODEVICE, "SO_BINDTODEVICE", options.interface);
  }
  if (options.tos) {
    s.set(IPPROTO_IP, IP_TOS, "IP_TOS", *options.tos);
    if (family == 6) s.set(IPPROTO_IPV6, IPV6_TCLASS, "IPV6_TCLASS", *options.tos);
  }
  if (options.ttl) {
    s.set(IPPROTO_IP, IP_TTL, "IP_TTL", *options.ttl);
    if (family == 6) s.set(IPPROTO_IPV6, IPV6_UNICAST_HOPS, "IPV6_UNICAST_HOPS", *options.ttl);
  }
  if (options.user_timeout) {
    s.set(IPPROTO_TCP, TCP_USER_TIMEOUT, "TCP_USER_TIMEOUT",
          static_cast<int>(options.user_timeout->count()));
  }
  if (!options.congestion.empty()) {
    s.set(IPPROTO_TCP, TCP_CONGESTION, "TCP_CONGESTION", options.congestion);
  }
  if (options.fast_open) s.set(IPPROTO_TCP, TCP_FASTOPEN_CONNECT, "TCP_FASTOPEN_CONNECT", 1);
  return s.error();
}

std::optional<OptionError> apply_connected(int fd, const SocketOptions& options) {
  static const OptionReport silent;
  Setter s(fd, silent);
  if (options.no_delay) s.set(IPPROTO_TCP, TCP_NODELAY, "TCP_NODELAY", 1);
  if (const auto& k = options.keep_alive) {
    s.set(SOL_SOCKET, SO_KEEPALIVE, "SO_KEEPALIVE", 1);
    if (k->idle) s.set(IPPROTO_TCP, TCP_KEEPIDLE, "TCP_KEEPIDLE", *k->idle);
    if (k->interval) s.set(IPPROTO_TCP, TCP_KEEPINTVL, "TCP_KEEPINTVL", *k->interval);
    if (k->count) s.set(IPPROTO_TCP, TCP_KEEPCNT, "TCP_KEEPCNT", *k->count);
  }
  return s.error();
}

std::optional<OptionError> apply_change(int fd, int family, const OptionChange& change,
                                        const OptionReport& report) {
  if (auto failed = apply_early(fd, family, change.set, report)) return failed;
  static const OptionReport silent;
  Setter quiet(fd, silent);
  if (change.no_delay) quiet.set(IPPROTO_TCP, TCP_NODELAY, "TCP_NODELAY", *change.no_delay ? 1 : 0);
  if (change.keep_alive) {
    quiet.set(SOL_SOCKET, SO_KEEPALIVE, "SO_KEEPALIVE", *change.keep_alive ? 1 : 0);
  }
  if (quiet.error()) return quiet.error();
  // With SO_KEEPALIVE they are part of one setKeepAlive.
  Setter probes(fd, change.keep_alive ? silent : report);
  const KeepAlive& k = change.probes;
  if (k.idle) probes.set(IPPROTO_TCP, TCP_KEEPIDLE, "TCP_KEEPIDLE", *k.idle);
  if (k.interval) probes.set(IPPROTO_TCP, TCP_KEEPINTVL, "TCP_KEEPINTVL", *k.interval);
  if (k.count) probes.set(IPPROTO_TCP, TCP_KEEPCNT, "TCP_KEEPCNT", *k.count);
  return probes.error();
}

}  // namespace tcpkit::net
