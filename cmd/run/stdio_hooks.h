#pragma once

#include "cmd/run/session.h"
#include "flow/hooks.h"

namespace tcpkit::cmd {

/// A time limit of a connection with these options has passed: after the idle limit, unless that
/// changes nothing, a line and exit status 5.
void fail_idle(Session& session, const net::Socket::Options& socket, record::ev::TimeoutKind kind);

/// What a flow between stdin, stdout and one connection with these options reports: the end of the
/// connection gives the exit status. `scripted`: there are steps, which give it; then the end is
/// only reported.
flow::Hooks stdio_hooks(Session& session, const net::Socket::Options& socket, bool scripted);

}  // namespace tcpkit::cmd
