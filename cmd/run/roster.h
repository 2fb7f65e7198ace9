#pragma once

#include <list>
#include <utility>

#include "uv/task.h"

namespace tcpkit::cmd {

/// Objects that serve a connection each, and stay until they say over(). They report that from
/// their own callbacks, so they are removed in the next tick.
template <class T>
class Roster {
 public:
  explicit Roster(uv::Loop& loop) : removal_(loop) {}

  template <class... Args>
  T& add(Args&&... args) {
    return members_.emplace_back(std::forward<Args>(args)...);
  }
  T& last() { return members_.back(); }
  [[nodiscard]] std::size_t size() const { return members_.size(); }
  auto begin() { return members_.begin(); }
  auto end() { return members_.end(); }

  /// To be called when one is over; `then` runs after it is removed.
  template <class Then>
  void remove_later(Then then) {
    if (std::exchange(removes_, true)) return;
    removal_.defer([this, then] {
      removes_ = false;
      members_.remove_if([](const T& member) { return member.over(); });
      then();
    });
  }
  void remove_later() {
    remove_later([] {});
  }

 private:
  std::list<T> members_;
  bool removes_ = false;
  uv::Task removal_;
};

}  // namespace tcpkit::cmd
