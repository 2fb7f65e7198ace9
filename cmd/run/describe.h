#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "net/socket.h"

namespace tcpkit::cmd {

/// The one line about a client that was never connected: which address failed in which way, and
/// what to check.
std::string describe_unconnected(const std::string& target, const Error& error);

/// The same while attempts go on: of the addresses that failed in this try, else of the try before.
/// Empty if nothing has failed.
std::string describe_failures(const std::string& target, const std::vector<Error>& failures,
                              const std::optional<Error>& before);

/// The one line about a connection that was lost: how, and how many bytes had arrived.
std::string describe_lost(const net::Socket& socket, const Error& error);

/// The one line about a listener that could not be had.
std::string describe_unlistening(const std::string& address, const Error& error);

/// "127.0.0.1:5000", or "the peer" where it is not known.
std::string peer_of(const net::Socket& socket);

}  // namespace tcpkit::cmd
