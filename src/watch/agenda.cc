#include "watch/agenda.h"

#include <uv.h>

#include <algorithm>

namespace tcpkit::watch {

using std::chrono::milliseconds;

Agenda::Agenda(uv::Loop& loop, bool keeps_alive, std::function<void(Key)> look)
    : loop_(loop), look_(std::move(look)), timer_(loop, [this] { work(); }) {
  if (!keeps_alive) timer_.unref();
}

void Agenda::add(Key key, milliseconds pause) {
  const std::uint64_t due = loop_.now() + static_cast<std::uint64_t>(pause.count());
  const auto [found, added] = due_.try_emplace(key, due);
  if (!added) {
    if (found->second <= due) return;
    order_.erase({found->second, key});
    found->second = due;
  }
  order_.emplace(due, key);
  plan();
}

void Agenda::remove(Key key) {
  const auto found = due_.find(key);
  if (found == due_.end()) return;
  order_.erase({found->second, key});
  due_.erase(found);
  if (due_.empty()) {
    timer_.stop();
    planned_ = UINT64_MAX;
  }
}

void Agenda::work() {
  static constexpr std::uint64_t most = 4'000'000;
  planned_ = UINT64_MAX;
  const std::uint64_t now = loop_.now();
  const std::uint64_t end = uv_hrtime() + most;
  while (!order_.empty() && order_.begin()->first <= now && uv_hrtime() < end) {
    const Key key = order_.begin()->second;
    remove(key);
    look_(key);
  }
  plan();
}

void Agenda::plan() {
  if (order_.empty() || order_.begin()->first >= planned_) return;
  planned_ = order_.begin()->first;
  const std::uint64_t now = loop_.now();
  // What is over due has waited for others: they had their turn.
  timer_.start(milliseconds(std::max<std::uint64_t>(planned_ - std::min(planned_, now), 1)));
}

}  // namespace tcpkit::watch
