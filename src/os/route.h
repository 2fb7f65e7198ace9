#pragma once

#include <optional>
#include <string>

#include "base/address.h"

namespace tcpkit::os {

/// How this machine reaches an address: its routing table and its neighbour cache (rtnetlink(7)).
struct Route {
  enum class Kind {
    none,    ///< no route, or one that forbids it
    here,    ///< the address is this machine's own
    link,    ///< on a network of this machine
    router,  ///< behind a router
    group    ///< a broadcast or multicast address
  };
  Kind kind;
  bool silent;  ///< the neighbour, or the router, did not answer ARP or neighbour discovery
};

/// The route to an IPv4 or IPv6 address, out of `interface` if one is named. Sends nothing. Empty
/// if the kernel cannot be asked.
std::optional<Route> route_to(const Address& remote, const std::string& interface);

/// Whether this machine has an address from which it can send to `remote`. Sends nothing.
bool has_source_for(const Address& remote);

}  // namespace tcpkit::os
