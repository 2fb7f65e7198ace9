#pragma once

#include <cstdint>

#include "base/address.h"

namespace tcpkit::net {

class Listener;
class Socket;

/// Looks at the connections of an engine from below: what the kernel and the wire say of them. Told
/// of the moments at which there is something to look at; acts on none of the connections. Without
/// one these moments cost a comparison.
class Watcher {
 public:
  Watcher() = default;
  virtual ~Watcher() = default;
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;

  /// `fd` is going to be connected, for a client that has no descriptor of its own yet; its
  /// connectionAttempt is not reported yet, so that making ready may take a while.
  virtual void before_attempt(Socket& /*socket*/, int /*fd*/, const Address& /*remote*/) {}
  /// connect(2) was called at `began` (nanoseconds since the program's start) and has returned
  /// `err`, an errno: 0 and EINPROGRESS mean that a SYN went out.
  virtual void on_attempt(Socket& /*socket*/, int /*fd*/, int /*err*/, std::uint64_t /*began*/) {}
  /// The attempt came to nothing; right before close(2).
  virtual void on_attempt_failed(Socket& /*socket*/, int /*fd*/) {}
  /// listen(2) was called.
  virtual void on_listening(Listener& /*listener*/, const Address& /*local*/) {}
  /// There is a connection, before its `connect` or `connection` is told.
  virtual void on_open(Socket& /*socket*/) {}
  /// Its options are others now.
  virtual void on_change(Socket& /*socket*/) {}
  /// Data or a FIN was sent or received, the kernel woke us, or it will not (a pause).
  virtual void on_activity(Socket& /*socket*/) {}
  /// epoll(7) reports an error. True where there was something in the error queue, which was taken
  /// out: the cause of it, or one of several.
  virtual bool on_error_queue(Socket& /*socket*/) { return false; }
  /// What comes in is thrown away before TCP sees it, from now on or no longer.
  virtual void on_discard(Socket& /*socket*/, bool /*on*/) {}
  /// Right before close(2).
  virtual void on_closing(Socket& /*socket*/) {}
  /// Before the loop sleeps and records are handed on: what has happened so far must be told now.
  /// True where there is more to do in a moment.
  virtual bool catch_up() { return false; }
  /// The time, in nanoseconds of CLOCK_MONOTONIC, of the earliest thing that may still be told;
  /// after catch_up(). UINT64_MAX: none is known of.
  [[nodiscard]] virtual std::uint64_t untold() { return UINT64_MAX; }
};

}  // namespace tcpkit::net
