#pragma once

#include "base/endpoint.h"
#include "cmd/options/client.h"
#include "cmd/run/server.h"
#include "cmd/run/session.h"

namespace tcpkit::cmd {

/// `relay - TARGET`: joins stdin and stdout with one connection to the target. Runs the session;
/// returns the exit status, which is that of the connection.
int connect_stdio(Session& session, const Endpoint& target, const ClientGroup& client,
                  const net::Socket::Options& socket);

/// `relay LISTEN -`: the same with the first client.
int serve_stdio(Session& session, Server::Options options);

}  // namespace tcpkit::cmd
