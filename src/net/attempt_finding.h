#pragma once

#include <string>

#include "base/address.h"
#include "base/error.h"

namespace tcpkit::net {

/// What is known about a connect(2) to `remote` that failed with `err`, while its descriptor `fd`
/// is still open. `interface`: the one it is bound to, or empty. `chosen_port`: the source port was
/// asked for.
Finding finding_of(int err, int fd, const Address& remote, const std::string& interface,
                   bool chosen_port);

}  // namespace tcpkit::net
