#pragma once

namespace tcpkit::os {

/// accept4(2): takes the next client of the listening socket `fd`. A non-blocking descriptor that
/// is closed on exec, the caller's; or -1, and errno.
int accept_client(int fd);

}  // namespace tcpkit::os
