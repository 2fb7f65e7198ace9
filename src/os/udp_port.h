#pragma once

#include "base/address.h"

namespace tcpkit::os {

/// A UDP socket bound to this address and port: the descriptor, the caller's to close, or a
/// negative errno.
int bind_udp(const Address& address);

}  // namespace tcpkit::os
