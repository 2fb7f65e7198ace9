#pragma once

namespace tcpkit::os {

/// Has the kernel throw away what comes in for this socket, before TCP sees it (SO_ATTACH_FILTER),
/// or no longer. 0 or errno; EPERM where the kernel wants CAP_NET_ADMIN for it.
int drop_incoming(int fd, bool on);

}  // namespace tcpkit::os
