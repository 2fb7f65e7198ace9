#include "net/option_table.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <climits>

#include "os/option_numbers.h"

namespace tcpkit::net {
namespace {

using Kind = SocketOption::Kind;
using Stage = SocketOption::Stage;
using Record = SocketOption::Record;

constexpr int most_buffer = 1 << 30;
constexpr int most_keep_alive = 32767;  // MAX_TCP_KEEPIDLE, MAX_TCP_KEEPINTVL (net/tcp.h)
constexpr int most_probes = 127;        // MAX_TCP_KEEPCNT

}  // namespace

const std::vector<SocketOption>& socket_options() {
  static const std::vector<SocketOption> table{
      {.name = "no-delay",
       .help = "Turn Nagle's algorithm off",
       .set = {IPPROTO_TCP, os::tcp_nodelay, "TCP_NODELAY"},
       .stage = Stage::connected,
       .record = Record::no_delay},
      {.name = "keep-alive",
       .optional = "TCP_KEEPIDLE",
       .placeholder = "IDLE",
       .help = "Probe a silent peer, first after IDLE (the system's value)",
       .set = {SOL_SOCKET, SO_KEEPALIVE, "SO_KEEPALIVE"},
       .stage = Stage::connected,
       .record = Record::keep_alive},
      {.kind = Kind::seconds,
       .least = 1,
       .most = most_keep_alive,
       .set = {IPPROTO_TCP, os::tcp_keepidle, "TCP_KEEPIDLE"},
       .stage = Stage::connected,
       .record = Record::keep_alive},
      {.name = "keep-alive-interval",
       .placeholder = "DURATION",
       .help = "Set the time between unanswered probes (1s)",
       .kind = Kind::seconds,
       .least = 1,
       .most = most_keep_alive,
       .set = {IPPROTO_TCP, os::tcp_keepintvl, "TCP_KEEPINTVL"},
       .stage = Stage::connected,
       .record = Record::keep_alive,
       .needs = "keep-alive"},
      {.name = "keep-alive-count",
       .placeholder = "N",
       .help = "End the connection after N unanswered probes (10)",
       .kind = Kind::number,
       .least = 1,
       .most = most_probes,
       .set = {IPPROTO_TCP, os::tcp_keepcnt, "TCP_KEEPCNT"},
       .stage = Stage::connected,
       .record = Record::keep_alive,
       .needs = "keep-alive"},
      {.name = "send-buffer",
       .placeholder = "SIZE",
       .help = "Set the kernel's send buffer (SO_SNDBUF)",
       .kind = Kind::bytes,
       .least = 1,
       .most = most_buffer,
       .set = {SOL_SOCKET, SO_SNDBUF, "SO_SNDBUF"},
       .tcp_only = false},
      {.name = "recv-buffer",
       .placeholder = "SIZE",
       .help = "Set the kernel's receive buffer (SO_RCVBUF)",
       .kind = Kind::bytes,
       .least = 1,
       .most = most_buffer,
       .set = {SOL_SOCKET, SO_RCVBUF, "SO_RCVBUF"},
       .tcp_only = false},
      {.name = "linger",
       .placeholder = "DURATION",
       .help = "Set SO_LINGER in whole seconds; with 0 a close sends RST",
       .kind = Kind::linger,
       .most = INT_MAX,
       .set = {SOL_SOCKET, SO_LINGER, "SO_LINGER"}},
      {.name = "interface",
       .placeholder = "INTERFACE",
       .help = "Use only this interface, e.g. lo (SO_BINDTODEVICE)",
       .kind = Kind::text,
       .set = {SOL_SOCKET, os::so_bindtodevice, "SO_BINDTODEVICE"},
       .of_packets = true},
      {.name = "tos",
       .placeholder = "BYTE",
       .help = "Set the type of service of sent packets (IP_TOS, IPV6_TCLASS)",
       .kind = Kind::octet,
       .most = 255,
       .set = {IPPROTO_IP, IP_TOS, "IP_TOS"},
       .ipv6 = {IPPROTO_IPV6, IPV6_TCLASS, "IPV6_TCLASS"},
       .of_packets = true},
      {.name = "ttl",
       .placeholder = "N",
       .help = "Limit the hops of sent packets (IP_TTL, IPV6_UNICAST_HOPS)",
       .kind = Kind::number,
       .least = 1,
       .most = 255,
       .set = {IPPROTO_IP, IP_TTL, "IP_TTL"},
       .ipv6 = {IPPROTO_IPV6, IPV6_UNICAST_HOPS, "IPV6_UNICAST_HOPS"},
       .of_packets = true},
      {.name = "user-timeout",
       .placeholder = "DURATION",
       .help = "Limit how long sent data may stay unacknowledged",
       .kind = Kind::milliseconds,
       .most = INT_MAX,
       .set = {IPPROTO_TCP, os::tcp_user_timeout, "TCP_USER_TIMEOUT"}},
      {.name = "congestion",
       .placeholder = "ALGORITHM",
       .help = "Set the congestion control, e.g. cubic or reno (TCP_CONGESTION)",
       .kind = Kind::text,
       .set = {IPPROTO_TCP, os::tcp_congestion, "TCP_CONGESTION"}},
      {.name = "fast-open",
       .help = "Use TCP Fast Open: data may go out with the SYN",
       .set = {IPPROTO_TCP, os::tcp_fastopen_connect, "TCP_FASTOPEN_CONNECT"},
       .live = false,
       .client_only = true},
  };
  return table;
}

const SocketOption* find_option(std::string_view name) {
  const auto& table = socket_options();
  const auto it = std::find_if(table.begin(), table.end(), [&](const SocketOption& o) {
    return !name.empty() && o.name == name;
  });
  return it == table.end() ? nullptr : &*it;
}

const SocketOption& option_of(std::string_view symbol) {
  const auto& table = socket_options();
  return *std::find_if(table.begin(), table.end(),
                       [&](const SocketOption& o) { return o.set.symbol == symbol; });
}

}  // namespace tcpkit::net
