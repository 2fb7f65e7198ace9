#pragma once

#include <functional>
#include <memory>

#include "net/dialer.h"
#include "net/probe.h"

namespace tcpkit::flow {

/// What all attempts of a scan have in common.
struct AttemptOptions {
  net::DialOptions dial;  ///< `connect_timeout`: how long a port may be silent; 0: no limit
  net::SocketOptions socket;
};

/// One attempt of a scan that is in flight.
class ProbeAttempt {
 public:
  /// Reports the outcome, once, and never from inside the function that makes the attempt. It may
  /// destroy the attempt.
  using Outcome = std::function<void(net::Probe::Finding)>;

  ProbeAttempt() = default;
  virtual ~ProbeAttempt() = default;
  ProbeAttempt(const ProbeAttempt&) = delete;
  ProbeAttempt& operator=(const ProbeAttempt&) = delete;

  /// The time of the attempt is over: what the kernel knows now, or `in_progress` if the attempt
  /// reports its outcome by itself.
  virtual net::Probe::Finding expire() = 0;
};

/// Waits for the outcome of a probe that is in progress. It leaves no records.
std::unique_ptr<ProbeAttempt> wait_for(uv::Loop& loop, std::unique_ptr<net::Probe> probe,
                                       ProbeAttempt::Outcome outcome);

/// Makes an attempt that is a connection of the trace, with a number and all its records. It has
/// its own time limit. Outlives none of its arguments, except `resolver`, which is not asked.
std::unique_ptr<ProbeAttempt> attempt_traced(net::Engine& engine, dns::Resolver& resolver,
                                             const Address& remote, const AttemptOptions& options,
                                             ProbeAttempt::Outcome outcome);

}  // namespace tcpkit::flow
