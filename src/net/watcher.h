#pragma once

#include <cstdint>
#include <functional>

#include "base/address.h"
#include "record/record.h"
#include "trace/tracer.h"

namespace tcpkit::net {

/// What one end of a connection has done so far: what its owner knows, and the kernel does not say.
struct Progress {
  std::uint64_t bytes_sent = 0;  ///< given to the kernel
  std::uint64_t bytes_read = 0;  ///< taken from the kernel
  bool fin_sent = false;         ///< the FIN is with the kernel
  bool listens = true;           ///< the kernel wakes the owner for whatever comes
};

/// One end of a connection, as a watcher sees it: nothing in it depends on who made the connection.
struct Connection {
  unsigned number = 0;
  record::Role role = record::Role::none;
  const record::Ends* ends = nullptr;  ///< the owner's, as far as it knows them; until on_closing()
  int fd = -1;                         ///< of the present attempt, until there is a connection
  trace::Tracer* tracer = nullptr;     ///< that its records go to
  std::function<Progress()> progress;  ///< as of the call; until on_closing()

  [[nodiscard]] bool is_client() const { return role == record::Role::client; }
};

/// Observes connections from below, at the level of the kernel and of the wire. The owner of the
/// connections calls these hooks when there may be something to look at; a watcher acts on none of
/// them. Without a watcher these moments cost a comparison.
class Watcher {
 public:
  Watcher() = default;
  virtual ~Watcher() = default;
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;

  /// Its descriptor is going to be connected; the client has none of its own yet. Its
  /// connectionAttempt is not reported yet, so that making ready may take a while.
  virtual void before_attempt(const Connection& /*connection*/, const Address& /*remote*/) {}
  /// connect(2) was called at `began` (nanoseconds since the program's start) and has returned
  /// `err`, an errno: 0 and EINPROGRESS mean that a SYN went out.
  virtual void on_attempt(const Connection& /*connection*/, int /*err*/, std::uint64_t /*began*/) {}
  /// The attempt came to nothing; right before close(2).
  virtual void on_attempt_failed(const Connection& /*connection*/) {}
  /// listen(2) was called.
  virtual void on_listening(const Address& /*local*/) {}
  /// There is a connection, before its `connect` or `connection` is reported.
  virtual void on_open(const Connection& /*connection*/) {}
  /// Its options are others now.
  virtual void on_change(const Connection& /*connection*/) {}
  /// Data or a FIN was sent or received, the kernel woke us, or it will not (a pause).
  virtual void on_activity(const Connection& /*connection*/) {}
  /// epoll(7) reports an error. True if there was something in the error queue, which was taken
  /// out: the cause of it, or one of several.
  virtual bool on_error_queue(const Connection& /*connection*/) { return false; }
  /// What comes in is thrown away before TCP sees it, from now on or no longer.
  virtual void on_discard(const Connection& /*connection*/, bool /*on*/) {}
  /// Right before close(2).
  virtual void on_closing(const Connection& /*connection*/) {}
  /// Before the loop sleeps and records are handed on: what has happened so far must be reported
  /// now. True if there is more to do in a moment.
  virtual bool catch_up() { return false; }
  /// The time, in nanoseconds of CLOCK_MONOTONIC, of the earliest thing that may still be reported;
  /// after catch_up(). UINT64_MAX: none is known of.
  [[nodiscard]] virtual std::uint64_t untold() { return UINT64_MAX; }
};

}  // namespace tcpkit::net
