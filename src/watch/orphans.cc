#include "watch/orphans.h"

#include <uv.h>

#include <algorithm>
#include <utility>

namespace tcpkit::watch {

using std::chrono::milliseconds;

namespace {

/// Between two looks at a connection.
constexpr milliseconds longest_pause{50};
/// The kernel's last word comes right after the connection is gone. Some are lost.
constexpr std::uint64_t patience_ns = 100'000'000;

}  // namespace

Orphans::Orphans(uv::Loop& loop, Segments segments)
    : segments_(std::move(segments)), agenda_(loop, true, [this](Agenda::Key key) { look(key); }) {
  if (words_.fd() < 0) return;
  poll_ = uv::Poll::create(loop, words_.fd(), this, [](void* owner, int /*events*/) {
    static_cast<Orphans*>(owner)->hear();
  });
  if (poll_->refused() != 0) return;
  poll_->unref();
  poll_->watch(UV_READABLE);
}

void Orphans::add(const Course& course, const os::SocketId& id, std::uint64_t received) {
  // There is room for the words of some hundred connections.
  static constexpr Agenda::Key few = 16;
  const Agenda::Key key = ++last_key_;
  if (key % few == 0) hear();
  const std::uint64_t until = uv_hrtime() + std::chrono::nanoseconds(most).count();
  if (id.cookie != 0) by_cookie_[id.cookie] = key;
  orphans_.emplace(key, Orphan{course, id, received, until});
  agenda_.add(key, milliseconds(0));
}

bool Orphans::hears() const {
  return poll_ && poll_->refused() == 0;
}

void Orphans::hear() {
  while (const auto word = words_.next()) {
    const auto found = by_cookie_.find(word->cookie);
    if (found == by_cookie_.end()) continue;
    const Agenda::Key key = found->second;
    Orphan& orphan = orphans_.at(key);
    orphan.course.count_acked(word->bytes_acknowledged);
    if (word->bytes_received > orphan.received) orphan.course.fin_came();
    orphan.heard = true;
    look(key);
  }
  // libuv stops watching when there is an error: words were lost.
  if (hears()) poll_->watch(UV_READABLE);
}

void Orphans::look(Agenda::Key key) {
  Orphan& orphan = orphans_.at(key);
  if (!follow(orphan)) return forget(key);
  agenda_.add(key, std::exchange(orphan.pause, std::min(orphan.pause * 2, longest_pause)));
}

bool Orphans::follow(Orphan& orphan) {
  const auto found = diag_.state(orphan.id);
  if (!found) {
    orphan.course.arrive(tcp::State::unknown, {});
    return false;
  }
  const tcp::State state = *found;
  const std::uint64_t now = uv_hrtime();
  if (state != tcp::State::closed) {
    if (state != orphan.course.state())
      orphan.course.arrive(state, segments_(orphan.id.local, orphan.id.remote));
    return !orphan.course.over() && now < orphan.until;
  }
  if (!orphan.gone_at) orphan.gone_at = now;
  const bool may_speak = hears() && orphan.id.cookie != 0 && !orphan.heard;
  if (may_speak && now < *orphan.gone_at + patience_ns) return true;
  end(orphan);
  return false;
}

/// The connection is gone, and not to TIME_WAIT.
void Orphans::end(Orphan& orphan) {
  const auto segments = segments_(orphan.id.local, orphan.id.remote);
  orphan.course.settle_acks();
  // Nobody saw which end was first, nor whether a FIN was answered by a FIN or by a RST.
  const bool known = orphan.heard || segments || !orphan.course.has_sent_fin() ||
                     orphan.course.state() != tcp::State::established;
  orphan.course.arrive(known ? tcp::State::closed : tcp::State::unknown, segments);
}

void Orphans::forget(Agenda::Key key) {
  agenda_.remove(key);
  const auto found = orphans_.find(key);
  by_cookie_.erase(found->second.id.cookie);
  orphans_.erase(found);
}

}  // namespace tcpkit::watch
