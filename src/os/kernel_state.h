#pragma once

#include "tcp/states.h"

namespace tcpkit::os {

/// From the kernel's number (TCP_ESTABLISHED of <netinet/tcp.h> and so on); `closed` for what is
/// none.
tcp::State state_of(int number);

}  // namespace tcpkit::os
