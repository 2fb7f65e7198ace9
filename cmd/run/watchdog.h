#pragma once

#include <chrono>

namespace tcpkit::cmd {

/// Ends the program where its loop no longer can, because it waits in write(2) for somebody who
/// does not read the trace: a pager, a stopped terminal. Signals and the deadline hold even then.
/// One of them at a time; it uses SIGALRM.
class Watchdog {
 public:
  Watchdog();
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

  /// From now on the loop has three seconds to hear of this signal, and one of a second signal. To
  /// be called once libuv has its handler, which is called as well.
  void guard(int signum);
  /// It also has until a second after `left` to hear of that.
  void guard_deadline(std::chrono::milliseconds left, int status);
  /// The loop has heard of what there was.
  void heard();
};

}  // namespace tcpkit::cmd
