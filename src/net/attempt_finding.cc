#include "net/attempt_finding.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

#include "os/route.h"
#include "os/tcp_info.h"

namespace tcpkit::net {
namespace {

/// The routing table has no route to most of them.
bool is_group(const Address& address) {
  if (address.family() == 6) {
    sockaddr_in6 in{};
    std::memcpy(&in, address.get(), sizeof in);
    return IN6_IS_ADDR_MULTICAST(&in.sin6_addr);
  }
  sockaddr_in in{};
  std::memcpy(&in, address.get(), sizeof in);
  const in_addr_t host = ntohl(in.sin_addr.s_addr);
  return IN_MULTICAST(host) || host == INADDR_BROADCAST;
}

Finding place_of(const Address& remote, const std::string& interface) {
  using Kind = os::Route::Kind;
  if (is_group(remote)) return Finding::group;
  const auto route = os::route_to(remote, interface);
  if (!route) return Finding::none;
  switch (route->kind) {
    case Kind::none:
      return Finding::unrouted;
    case Kind::here:
      return Finding::here;
    case Kind::link:
      return route->silent ? Finding::silent_neighbour : Finding::neighbour;
    case Kind::router:
      return route->silent ? Finding::silent_router : Finding::behind_router;
    case Kind::group:
      return Finding::group;
  }
  return Finding::none;
}

}  // namespace

Finding finding_of(int err, int fd, const Address& remote, const std::string& interface,
                   bool chosen_port) {
  if (remote.is_unix()) {
    struct stat st {};
    const std::string path = remote.host();
    const bool other = err == ECONNREFUSED && !path.starts_with('@') &&
                       ::stat(path.c_str(), &st) == 0 && !S_ISSOCK(st.st_mode);
    return other ? Finding::not_a_socket : Finding::none;
  }
  switch (err) {
    case ECONNREFUSED: {
      const auto info = os::tcp_info(fd);
      return info && info->segments_received == 0 ? Finding::by_icmp : Finding::none;
    }
    case EADDRNOTAVAIL:
      if (!os::has_source_for(remote)) return Finding::no_source;
      return chosen_port ? Finding::chosen_port : Finding::none;
    case EHOSTUNREACH:
    case ENETUNREACH:
    case EACCES:
    case EINVAL:
      return place_of(remote, interface);
    default:
      return Finding::none;
  }
}

}  // namespace tcpkit::net
