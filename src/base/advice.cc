#include "base/advice.h"

#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "base/address.h"

namespace tcpkit {
namespace {

struct Advice {
  std::string_view code;
  std::string_view word;
  std::string_view text;
};

/// Whatever the system call: `explain` prints these, too.
constexpr std::array advices{
    Advice{"ECONNREFUSED", "refused",
           "nothing is listening there, or a firewall rejects it; check the port and the address"},
    Advice{"ECONNRESET", "reset", "the peer aborted the connection with a RST"},
    Advice{"EPIPE", "reset", "the peer no longer takes data"},
    Advice{
        "ETIMEDOUT", "timed out",
        "no answer; the host is down, a firewall drops the packets, or the server is too busy to "
        "answer"},
    Advice{"ENETUNREACH", "network unreachable", "no route to that network"},
    Advice{"EHOSTUNREACH", "host unreachable",
           "no answer to ARP or neighbour discovery, or a router or a firewall says so"},
    Advice{"ENOTFOUND", "not found", "no such name, or it has no address of this family"},
    Advice{"EAI_AGAIN", "no DNS answer",
           "no DNS server gave an answer of use; try again, or ask another server"},
    Advice{"EADDRINUSE", "address in use",
           "another socket holds this address; choose another port, or find it with `ss -tanp`"},
    Advice{
        "EADDRNOTAVAIL", "address not available",
        "no interface of this machine has this address, or, of connect(), no local port is free"},
    Advice{"EACCES", "no permission", "the system, a route or a firewall forbids it"},
    Advice{"EPERM", "not permitted", "the operation needs a privilege, or a firewall forbids it"},
    Advice{"ENOENT", "no such path", "nothing is there; check the path, and that the server runs"},
    Advice{"ENODEV", "no such device", "no interface has this name; `ip link` lists them"},
    Advice{"ENOTDIR", "no such path", "part of it is no directory; check the path"},
    Advice{"ECANCELED", "given up", "given up before it ended"},
    Advice{
        "ECONNABORTED", "aborted",
        "this machine ended the connection, as `ss -K` does, or it ended before it was accepted"},
    Advice{"EMFILE", "too many open files", "raise the limit with `ulimit -n`"},
    Advice{"ENFILE", "too many open files", "the whole system has too many; see fs.file-max"},
    Advice{"EAFNOSUPPORT", "no such address family",
           "this machine has none of that kind of addresses; IPv6 may be switched off"},
    Advice{"EAGAIN", "no room", "try again later"},
    Advice{"EPROTOTYPE", "wrong kind of socket", "the socket there is no stream socket"},
    Advice{"EINVAL", "invalid argument", ""},
    Advice{"ERR_IP_BLOCKED", "blocked", "our own block list forbids this address"},
    Advice{"ERR_STREAM_WRITE_AFTER_END", "write after end", "end() was called before"},
};

struct OptionAdvice {
  std::string_view option;
  std::string_view code;
  std::string_view text;
};

constexpr std::array option_advices{
    OptionAdvice{"TCP_CONGESTION", "ENOENT",
                 "this kernel has no such congestion control; those it has are in "
                 "/proc/sys/net/ipv4/tcp_available_congestion_control"},
    OptionAdvice{"TCP_CONGESTION", "EPERM",
                 "without CAP_NET_ADMIN only those are allowed that are in "
                 "/proc/sys/net/ipv4/tcp_allowed_congestion_control"},
    OptionAdvice{"SO_BINDTODEVICE", "EPERM", "leaving another interface needs CAP_NET_RAW"},
};

/// Where a system call, or what is known besides, gives a code a meaning of its own.
struct Case {
  std::string_view syscall;  ///< empty: any
  std::string_view code;
  Finding finding;  ///< none: any
  std::string_view text;
};

constexpr std::string_view gone =
    "the peer has stopped answering: it is down, or the network on the way is";

/// The first that fits counts.
constexpr std::array tcp_cases{
    Case{"connect", "ECONNREFUSED", Finding::own_socket,
         "nothing is listening there: the socket had connected to itself"},
    Case{"connect", "ECONNREFUSED", Finding::by_icmp,
         "a firewall, here or on the way, rejects it; check its rules, the port and the address"},

    Case{"connect", "EADDRNOTAVAIL", Finding::no_source,
         "this machine has no address from which it can reach that one; IPv6 may be switched off"},
    Case{"connect", "EADDRNOTAVAIL", Finding::chosen_port,
         "a connection between the same two addresses and ports is there, or ended less than a "
         "minute ago; choose another local port, or wait"},
    Case{"connect", "EADDRNOTAVAIL", Finding::none,
         "no local port is free for that address; `ss -tan` shows the connections, and "
         "net.ipv4.ip_local_port_range sets the ports"},
    Case{"", "EADDRNOTAVAIL", Finding::none, "no interface of this machine has this address"},

    Case{"connect", "EHOSTUNREACH", Finding::here, "a firewall on this machine rejects it"},
    Case{"connect", "EHOSTUNREACH", Finding::neighbour,
         "a firewall, here or on that host, rejects it"},
    Case{"connect", "EHOSTUNREACH", Finding::silent_neighbour,
         "no answer to ARP or neighbour discovery: no host on the network has this address, or it "
         "is down"},
    Case{"connect", "EHOSTUNREACH", Finding::behind_router,
         "a router on the way cannot reach that host, or a firewall rejects it"},
    Case{"connect", "EHOSTUNREACH", Finding::silent_router,
         "the router to that network does not answer ARP or neighbour discovery"},
    Case{"connect", "EHOSTUNREACH", Finding::unrouted,
         "the routing table of this machine declares it unreachable; see `ip route get`"},

    Case{"connect", "ENETUNREACH", Finding::group,
         "it is a broadcast or multicast address, and TCP connects to one host only"},
    Case{"connect", "ENETUNREACH", Finding::here, "a firewall on this machine rejects it"},
    Case{"connect", "ENETUNREACH", Finding::neighbour,
         "a firewall, here or on that host, rejects it"},
    Case{"connect", "ENETUNREACH", Finding::silent_neighbour,
         "a firewall, here or on that host, rejects it"},
    Case{"connect", "ENETUNREACH", Finding::behind_router,
         "a router on the way has no route to that network, or a firewall rejects it"},
    Case{"connect", "ENETUNREACH", Finding::silent_router, "a firewall on this machine rejects it"},
    Case{"connect", "ENETUNREACH", Finding::unrouted, "no route to that network from here"},

    Case{"connect", "EACCES", Finding::unrouted,
         "the routing table of this machine prohibits it; see `ip route get`"},
    Case{"connect", "EACCES", Finding::here, "a firewall or a policy of this machine forbids it"},
    Case{"connect", "EACCES", Finding::none,
         "a firewall, here or on the way, or a policy of this "
         "machine forbids it"},
    Case{"connect", "EPERM", Finding::none, "a policy of this machine forbids it"},
    Case{"connect", "EINVAL", Finding::unrouted,
         "the routing table of this machine discards what goes there; see `ip route get`"},

    Case{"read", "ETIMEDOUT", Finding::none, gone},
    Case{"write", "ETIMEDOUT", Finding::none, gone},
    Case{"read", "EHOSTUNREACH", Finding::none, "the peer can no longer be reached"},
    Case{"write", "EHOSTUNREACH", Finding::none, "the peer can no longer be reached"},
    Case{"read", "ENETUNREACH", Finding::none, "the peer's network can no longer be reached"},
    Case{"write", "ENETUNREACH", Finding::none, "the peer's network can no longer be reached"},
};

constexpr std::array unix_cases{
    Case{"", "ECONNREFUSED", Finding::not_a_socket, "what is there is no socket; check the path"},
    Case{"", "ECONNREFUSED", Finding::none,
         "nothing is listening there; check the path, and that the server runs"},
    Case{"", "EADDRINUSE", Finding::none,
         "something is there already; remove it, or add --unix-unlink for a socket that nobody "
         "answers on"},
    Case{"listen", "ENOENT", Finding::none, "its directory is not there; check the path"},
    Case{"listen", "EACCES", Finding::none, "its directory may not be written to, or searched"},
    Case{"", "EACCES", Finding::none, "the socket may not be written to, or a directory searched"},
    Case{"", "EPERM", Finding::none, "a policy or the file system of that path forbids it"},
    Case{"", "EAGAIN", Finding::none,
         "the server accepts nobody: its queue of waiting clients is full; try again later"},
    Case{"", "ECONNRESET", Finding::none, "the peer closed it and left data unread"},
};

constexpr int first_free_port = 1024;  ///< of net.ipv4.ip_unprivileged_port_start

std::string_view text_of(const Error& error, const Case* cases, std::size_t count,
                         std::string_view otherwise) {
  const Case* found = std::find_if(cases, cases + count, [&](const Case& c) {
    return c.code == error.code && (c.syscall.empty() || c.syscall == error.syscall) &&
           (c.finding == Finding::none || c.finding == error.finding);
  });
  return found == cases + count ? otherwise : found->text;
}

/// Errors of listen() have the port -1, as in Node.
bool is_of_unix(const Error& error) {
  return error.finding == Finding::unix_socket ||
         (error.port.value_or(-1) < 0 && !error.address.empty() && is_ip(error.address) == 0);
}

bool lacks_zone(const std::string& address) {
  const auto ip = Address::from_ip(address, 0);
  if (!ip || ip->family() != 6 || address.find('%') != std::string::npos) return false;
  sockaddr_in6 in{};
  std::memcpy(&in, ip->get(), sizeof in);
  return IN6_IS_ADDR_LINKLOCAL(&in.sin6_addr);
}

const Advice* find(std::string_view code) {
  const auto* it =
      std::find_if(advices.begin(), advices.end(), [&](const Advice& a) { return a.code == code; });
  return it == advices.end() ? nullptr : it;
}

}  // namespace

std::string_view error_advice(std::string_view code) {
  const Advice* advice = find(code);
  return advice == nullptr ? std::string_view{} : advice->text;
}

std::string_view error_advice(const Error& error) {
  if (error.syscall == "setsockopt") {
    for (const OptionAdvice& a : option_advices)
      if (a.option == error.address && a.code == error.code) return a.text;
    return error.code == "ENODEV" ? error_advice(error.code) : std::string_view{};
  }
  if (error.syscall == "epoll_ctl") {
    return error.code == "ENOSPC" ? "all of this user's epoll watches are taken; raise "
                                    "`sysctl fs.epoll.max_user_watches`"
                                  : std::string_view{};
  }
  if (error.code == "ETIMEDOUT" && error.syscall == "connect" && !error.hostname.empty())
    return "the name was not looked up in time; a DNS server is slow or silent";
  if (error.code == "EINVAL" && lacks_zone(error.address))
    return "a link-local address needs its interface behind it, e.g. fe80::1%eth0";
  if (error.code == "EACCES" && error.syscall != "connect" && error.port.value_or(-1) > 0 &&
      *error.port < first_free_port)
    return "permission denied; ports below 1024 may need a privilege";
  if (error.code == "EADDRINUSE" && error.address.starts_with('@'))
    return "another socket has this name; choose another one, or find it with `ss -xlp`";
  const std::string_view general = error_advice(error.code);
  if (is_of_unix(error)) return text_of(error, unix_cases.data(), unix_cases.size(), general);
  return text_of(error, tcp_cases.data(), tcp_cases.size(), general);
}

std::vector<std::string_view> advised_codes() {
  std::vector<std::string_view> codes;
  codes.reserve(advices.size());
  for (const Advice& a : advices)
    codes.push_back(a.code);
  return codes;
}

std::string_view error_word(std::string_view code) {
  const Advice* advice = find(code);
  return advice == nullptr ? code : advice->word;
}

}  // namespace tcpkit
