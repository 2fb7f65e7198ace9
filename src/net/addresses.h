#pragma once

#include <optional>

#include "base/address.h"

namespace tcpkit::net {

/// The ends of a socket as the kernel has them; empty, with errno set, if it knows none: a client
/// before bind or connect, or one whose peer is gone.
std::optional<Address> local_address(int fd);
std::optional<Address> remote_address(int fd);

}  // namespace tcpkit::net
