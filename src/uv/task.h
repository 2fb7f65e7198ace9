#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "uv/loop.h"

namespace tcpkit::uv {

/// Defers calls of its owner to the next tick. Those that have not begun when it is destroyed are
/// cancelled, so that they may use the owner.
class Task {
 public:
  explicit Task(Loop& loop) : loop_(loop) {}
  ~Task() = default;
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;

  /// Queues `work`, which may destroy this object. Several calls run in their order.
  template <class F>
  void defer(F work) {
    if (!alive_) alive_ = std::make_shared<bool>(true);
    loop_.next_tick([alive = std::weak_ptr<bool>(alive_), work = std::move(work)]() mutable {
      if (!alive.expired()) work();
    });
  }
  /// Takes back what has not begun.
  void cancel() { alive_.reset(); }

 private:
  Loop& loop_;
  std::shared_ptr<bool> alive_;  ///< null while nothing was deferred
};

}  // namespace tcpkit::uv
