#pragma once

#include <functional>
#include <string>

#include "net/socket.h"

namespace tcpkit::flow {

/// What a command wants to hear of the connections of a flow; empty ones are not called.
struct Hooks {
  std::function<void(net::Socket&)> connected;
  std::function<void(net::Socket&, const Error&)> failed;
  std::function<void(net::Socket&, record::ev::TimeoutKind)> timed_out;
  std::function<void(net::Socket&, bool had_error)> closed;

  /// A line for people that is no failure.
  std::function<void(const std::string&)> notice;
  /// stdin could not be read, or not be sent to its end: exit status 1.
  std::function<void(const std::string&)> input_failed;
  /// The peer did not acknowledge what was sent: exit status 5.
  std::function<void(const std::string&)> undelivered;
  /// stdout could not be written, positive errno; EPIPE is no failure.
  std::function<void(int)> output_failed;
  /// The only connection is gone and stdout has taken everything.
  std::function<void()> done;
};

/// Calls a hook where there is one.
template <class F, class... Args>
void call(const F& hook, Args&&... args) {
  if (hook) hook(std::forward<Args>(args)...);
}

}  // namespace tcpkit::flow
