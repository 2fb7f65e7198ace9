#pragma once

#include <sys/types.h>

#include <array>
#include <cstddef>

namespace tcpkit::os {

/// Makes a non-blocking pipe: its end for reading, then the one for writing. False if the system
/// has no descriptors left.
bool open_pipe(std::array<int, 2>& ends);

/// Lets a pipe hold as much as an ordinary user may ask for (1 MiB, pipe(7)): few large transfers
/// instead of many small ones. Does nothing to other descriptors, and nothing past the user's
/// quota.
void enlarge_pipe(int fd);

/// Reads what a pipe holds, without waiting and without O_NONBLOCK, which other processes would
/// share. Bytes, 0 at the end, -EAGAIN if it is empty, -EOPNOTSUPP if this descriptor has no such
/// read (a named FIFO): then ask poll(2) first.
ssize_t read_pipe(int fd, char* buffer, std::size_t size);

/// Moves up to `most` bytes inside the kernel; one of the two is a pipe, and is not waited for.
/// Bytes, 0 at the end of `from`, or a negative errno; -EAGAIN does not say which side is not
/// ready.
ssize_t splice(int from, int to, std::size_t most);

/// Receives up to `most` bytes from a TCP socket and drops them in the kernel. As recv(2), with a
/// negative errno.
ssize_t receive_nothing(int socket, std::size_t most);

/// A non-blocking description of our own of this pipe or terminal, for writing. -1 if there is
/// none: a named FIFO is not opened again, since that could wait for a reader or wake one.
int reopen(int fd);

}  // namespace tcpkit::os
