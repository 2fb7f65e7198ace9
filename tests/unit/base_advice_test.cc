#include "base/advice.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace tcpkit {
namespace {

struct AdviceCase {
  Error error;
  std::string_view says;   ///< is part of it
  std::string_view omits;  ///< is not
};

Error known(Finding finding, Error error) {
  error.finding = finding;
  return error;
}

/// Each code means something else with another system call, or with what is known besides.
TEST(Advice, DependsOnTheSystemCallAndOnWhatIsKnown) {
  const auto connect = [](int err, Finding finding = Finding::none) {
    return known(finding, system_error(err, "connect", "192.0.2.1", 80));
  };
  Error lookup = system_error(ETIMEDOUT, "connect");
  lookup.hostname = "name.test";
  const AdviceCase cases[] = {
      {connect(ECONNREFUSED), "nothing is listening there, or a firewall", ""},
      {connect(ECONNREFUSED, Finding::by_icmp), "firewall", "listening"},
      {connect(ECONNREFUSED, Finding::own_socket), "connected to itself", "firewall"},
      {connect(EADDRNOTAVAIL), "no local port is free", "interface"},
      {connect(EADDRNOTAVAIL, Finding::chosen_port), "same two addresses and ports", "interface"},
      {connect(EADDRNOTAVAIL, Finding::no_source), "no address from which", "port"},
      {system_error(EADDRNOTAVAIL, "bind", "192.0.2.1"), "no interface of this machine", "port"},
      {system_error(EADDRNOTAVAIL, "listen", "192.0.2.1", 80), "no interface", "port"},
      {connect(EHOSTUNREACH, Finding::here), "firewall on this machine", "router"},
      {connect(EHOSTUNREACH, Finding::neighbour), "firewall", "router"},
      {connect(EHOSTUNREACH, Finding::silent_neighbour), "no answer to ARP", "router"},
      {connect(EHOSTUNREACH, Finding::behind_router), "a router on the way", "ARP"},
      {connect(EHOSTUNREACH, Finding::silent_router), "does not answer ARP", "firewall"},
      {connect(EHOSTUNREACH, Finding::unrouted), "routing table", "firewall"},
      {system_error(EHOSTUNREACH, "read"), "no longer", "firewall"},
      {connect(ENETUNREACH), "no route", "firewall"},
      {connect(ENETUNREACH, Finding::unrouted), "no route to that network from here", "firewall"},
      {connect(ENETUNREACH, Finding::group), "multicast", "route"},
      {connect(ENETUNREACH, Finding::here), "firewall", "no route"},
      {connect(ENETUNREACH, Finding::behind_router), "a router on the way", "from here"},
      {system_error(ENETUNREACH, "write"), "no longer", "no route"},
      {connect(EACCES), "firewall", "1024"},
      {connect(EACCES, Finding::unrouted), "routing table", "1024"},
      {system_error(EACCES, "listen", "192.0.2.1", 80), "1024", "firewall"},
      {system_error(EACCES, "listen", "192.0.2.1", 5000), "the system", "1024"},
      {connect(EPERM), "policy", "privilege"},
      {connect(EINVAL, Finding::unrouted), "routing table", "fe80"},
      {system_error(EINVAL, "connect", "fe80::1", 80), "needs its interface", ""},
      {system_error(EINVAL, "listen", "fe80::1", 80), "needs its interface", ""},
      {connect(ETIMEDOUT), "no answer", "stopped"},
      {lookup, "not looked up in time", "firewall"},
      {system_error(ETIMEDOUT, "read"), "stopped answering", "firewall"},
      {system_error(EADDRINUSE, "bind", "0.0.0.0", 5000), "`ss -tanp`", "-ltnp"},
      {system_error(EADDRINUSE, "listen", "0.0.0.0", 5000), "`ss -tanp`", "--unix-unlink"},
      {system_error(EADDRINUSE, "listen", "192.0.2.1", 0), "`ss -tanp`", "--unix-unlink"},
  };
  for (const AdviceCase& c : cases) {
    SCOPED_TRACE(c.error.message);
    const std::string_view advice = error_advice(c.error);
    EXPECT_NE(advice.find(c.says), std::string_view::npos) << advice;
    if (!c.omits.empty()) {
      EXPECT_EQ(advice.find(c.omits), std::string_view::npos) << advice;
    }
  }
}

TEST(Advice, OfUnixSocketsIsAboutPaths) {
  const auto connect = [](int err, Finding finding = Finding::none) {
    return known(finding, system_error(err, "connect", "/run/x"));
  };
  const AdviceCase cases[] = {
      {connect(ECONNREFUSED), "check the path", "firewall"},
      {connect(ECONNREFUSED, Finding::not_a_socket), "no socket", "listening"},
      {connect(EAGAIN), "queue of waiting clients is full", ""},
      {connect(EPROTOTYPE), "no stream socket", ""},
      {connect(EACCES), "written to", "1024"},
      {connect(ENOENT), "nothing is there", ""},
      {system_error(EACCES, "listen", "/run/x", -1), "directory", "1024"},
      {system_error(EPERM, "listen", "/run/x", -1), "file system", "firewall"},
      {system_error(ENOENT, "listen", "/run/x", -1), "directory", "server"},
      {system_error(EADDRINUSE, "listen", "/run/x", -1), "--unix-unlink", "port"},
      {system_error(EADDRINUSE, "listen", "@x", -1), "`ss -xlp`", "--unix-unlink"},
      {known(Finding::unix_socket, system_error(ECONNRESET, "read")), "unread", "RST"},
  };
  for (const AdviceCase& c : cases) {
    SCOPED_TRACE(c.error.message);
    const std::string_view advice = error_advice(c.error);
    EXPECT_NE(advice.find(c.says), std::string_view::npos) << advice;
    if (!c.omits.empty()) {
      EXPECT_EQ(advice.find(c.omits), std::string_view::npos) << advice;
    }
  }
}

TEST(Advice, EveryCodeWithAdviceHasAWord) {
  for (const char* code : {"EAGAIN", "EPROTOTYPE", "EINVAL", "EAFNOSUPPORT", "ECONNABORTED"})
    EXPECT_NE(error_word(code), code);
}

}  // namespace
}  // namespace tcpkit
