#pragma once

namespace tcpkit::os {

/// What epoll(7) shall report of a descriptor.
struct Readiness {
  bool readable = false;
  bool writable = false;
  bool prioritized = false;  ///< out-of-band data, or something in the error queue
};

/// Adds `fd` to the epoll instance `epoll`, unless it is there already. 0 or errno: ENOSPC if the
/// user watches too many descriptors (fs.epoll.max_user_watches).
int watch_by_epoll(int epoll, int fd, Readiness what);

}  // namespace tcpkit::os
