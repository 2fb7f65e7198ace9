#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <utility>

#include "uv/timer.h"

namespace tcpkit::watch {

/// What is to be looked at, and when. Looks for a few milliseconds at most before the loop has its
/// turn, however much is due: then what is due waits a little longer.
class Agenda {
 public:
  using Key = std::uint64_t;
  /// `look` may put the same thing, or others, on the agenda again. `keeps_alive`: the loop runs
  /// while there is something on it.
  Agenda(uv::Loop& loop, bool keeps_alive, std::function<void(Key)> look);

  /// In `pause` from now at the latest; an earlier time that was set before stays.
  void add(Key key, std::chrono::milliseconds pause);
  void remove(Key key);
  [[nodiscard]] std::size_t size() const { return due_.size(); }

 private:
  void work();
  void plan();

  uv::Loop& loop_;
  std::function<void(Key)> look_;
  std::map<Key, std::uint64_t> due_;  ///< in the loop's milliseconds
  std::set<std::pair<std::uint64_t, Key>> order_;
  std::uint64_t planned_ = UINT64_MAX;
  uv::Timer timer_;
};

}  // namespace tcpkit::watch
