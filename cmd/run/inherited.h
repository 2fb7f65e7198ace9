#pragma once

#include <optional>

#include "cmd/cli/option_set.h"

namespace tcpkit::cmd {

/// Why options with Trait::before_connect or before_listen are refused if the socket is inherited.
constexpr const char* too_late =
    "comes too late for an inherited socket; leave it out, or give an address";

/// Declares --fd.
void declare_fd(OptionSet& set, const char* group, std::optional<int>& fd, const char* text);

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
