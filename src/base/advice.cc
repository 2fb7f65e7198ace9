#include "base/advice.h"

#include <algorithm>
#include <array>

namespace tcpkit {
namespace {

struct Advice {
  std::string_view code;
  std::string_view word;
  std::string_view text;
};

constexpr std::array advices{
    Advice{"ECONNREFUSED", "refused", "nothing listens there; check the port and the address"},
    Advice{"ECONNRESET", "reset", "the peer aborted the connection with a RST"},
    Advice{"EPIPE", "reset", "the peer no longer takes data"},
    Advice{"ETIMEDOUT", "timed out",
           "no answer; a firewall drops the packets, or the host is down"},
    Advice{"ENETUNREACH", "network unreachable", "no route to that network from here"},
    Advice{"EHOSTUNREACH", "host unreachable", "the last router cannot reach that host"},
    Advice{"ENOTFOUND", "not found", "no such name, or it has no address of this family"},
    Advice{"EAI_AGAIN", "no DNS answer",
           "no DNS server gave an answer of use; try again, or ask another server"},
    Advice{"EADDRINUSE", "address in use",
           "another socket holds this address; choose another port, or find it with `ss -ltnp`"},
    Advice{"EADDRNOTAVAIL", "address not available",
           "no interface of this machine has this address"},
    Advice{"EACCES", "no permission", "permission denied; ports below 1024 may need a privilege"},
    Advice{"EPERM", "not permitted", "the operation needs a privilege, or a firewall forbids it"},
    Advice{"ENOENT", "no such path", "nothing is there; check the path, and that the server runs"},
    Advice{"ENODEV", "no such device", "no interface has this name; `ip link` lists them"},
    Advice{"ENOTDIR", "no such path", "part of it is no directory; check the path"},
    Advice{"ECANCELED", "given up", "given up before it ended"},
    Advice{"EMFILE", "too many open files", "raise the limit with `ulimit -n`"},
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
  if (error.finding == Finding::own_socket) {
    return "nothing is listening there: the socket had connected to itself";
  }
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
  if (error.code == "ETIMEDOUT" && error.syscall == "connect" && error.address.empty() &&
      error.errors.empty()) {
    return "the name was not looked up in time; a DNS server is slow or silent";
  }
  // Of a Unix path; errors of listen() have the port -1 then, as in Node.
  if (error.port.value_or(-1) < 0 && !error.address.empty()) {
    const bool listening = error.syscall == "listen";
    if (error.code == "ECONNREFUSED") {
      return "nothing listens there; check the path, and that the server runs";
    }
    if (error.code == "EADDRINUSE") {
      return "something is there already; remove it, or add --unix-unlink for a socket that nobody "
             "answers on";
    }
    if (error.code == "ENOENT" && listening) return "its directory is not there; check the path";
  }
  return error_advice(error.code);
}

std::string_view error_word(std::string_view code) {
  const Advice* advice = find(code);
  return advice == nullptr ? code : advice->word;
}

}  // namespace tcpkit
