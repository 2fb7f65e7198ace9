#pragma once

#include <optional>

namespace tcpkit::cmd {

/// The descriptor of --fd, or that of LISTEN_FDS where LISTEN_PID is ours (sd_listen_fds(3): the
/// first is 3). Empty where there is neither.
std::optional<int> inherited_descriptor(std::optional<int> given);

/// Throws UsageError for descriptors 0 to 2, which a command with payload needs for itself.
void check_is_no_standard_one(std::optional<int> given);

/// Throws UsageError where `fd` is no stream socket that listens, or no connected one.
void check_listening(int fd);
void check_connected(int fd);

/// True where the socket is a Unix one.
bool is_unix_socket(int fd);

}  // namespace tcpkit::cmd
