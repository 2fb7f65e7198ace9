#pragma once

#include <optional>
#include <string_view>

namespace tcpkit::os {

/// Why there is no network of our own: the step that failed, and its errno.
struct NetworkRefusal {
  std::string_view step;
  int err;
};

/// Moves this process into a network of its own, in which there is nothing but a loopback interface
/// that is up, and in which it may do everything: first as it is (root), then in a user namespace
/// of its own (user_namespaces(7)), in which it stays the same user. Tried in a child first: where
/// that fails, nothing has changed. For a process with one thread and without sockets.
std::optional<NetworkRefusal> enter_own_network();

/// Takes the loopback interface down, or up: every cable of a network of our own at once. 0 or
/// errno.
int set_loopback(bool up);

}  // namespace tcpkit::os
