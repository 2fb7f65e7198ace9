#include "watch/keepalive_watch.h"

#include <algorithm>
#include <utility>

namespace tcpkit::watch {
namespace {

constexpr int samples_per_period = 20;
constexpr std::chrono::milliseconds shortest{10};
constexpr std::chrono::milliseconds longest{100};
/// TCP_INFO counts in jiffies: an ACK's time wavers by as much between two samples.
constexpr std::uint64_t jitter_ns = 30'000'000;

}  // namespace

KeepaliveWatch::KeepaliveWatch(uv::Loop& loop, int fd, std::chrono::milliseconds idle,
                               std::chrono::milliseconds interval, Callbacks callbacks, bool rests)
    : fd_(fd),
      idle_(idle),
      pause_(std::clamp(std::min(idle, interval) / samples_per_period, shortest, longest)),
      callbacks_(std::move(callbacks)),
      rests_(rests),
      timer_(loop, [this] { sample(); }) {
  sample();
}

void KeepaliveWatch::wake() {
  if (std::exchange(resting_, false)) timer_.start(pause_);
}

/// Until just before the kernel may probe: `idle` after the last segment came.
std::chrono::milliseconds KeepaliveWatch::rest(const os::TcpInfo& info) const {
  const bool busy = info.unacknowledged > 0 || info.retransmits > 0 || info.not_sent > 0 ||
                    info.keepalive_unanswered > 0;
  if (!rests_ || busy) return pause_;
  const auto silence = std::chrono::duration_cast<std::chrono::milliseconds>(idle_);
  return std::max(pause_, silence - info.since_last_ack - 2 * pause_);
}

void KeepaliveWatch::sample() {
  const auto info = os::tcp_info(fd_);
  if (!info) return;
  const std::chrono::milliseconds next = rest(*info);
  resting_ = next > pause_;
  timer_.start(next);
  const std::chrono::nanoseconds ago = info->since_last_ack;
  const std::uint64_t heard = uv_hrtime() - static_cast<std::uint64_t>(ago.count());
  const auto last = std::exchange(last_, info);
  if (!last) {
    last_heard_ = heard;
    return;
  }
  const bool traffic = info->bytes_received != last->bytes_received ||
                       info->bytes_acknowledged != last->bytes_acknowledged;
  const bool new_ack = heard > last_heard_ + jitter_ns;
  // A window update is an ACK without data, too, but the kernel probes after `idle` only.
  const bool was_silent =
      heard + jitter_ns >= last_heard_ + static_cast<std::uint64_t>(idle_.count());
  if (new_ack || traffic) last_heard_ = heard;
  // The kernel counts probes of a closed window in the same place.
  const bool window_closed = info->not_sent > 0 || last->not_sent > 0;
  for (int n = last->keepalive_unanswered + 1; n <= info->keepalive_unanswered; ++n) {
    if (!window_closed) callbacks_.probe(n);
  }
  for_each_retransmit(last->retransmits, info->retransmits,
                      info->total_retransmits - last->total_retransmits, callbacks_.retransmitted);
  if (new_ack && was_silent && !traffic && !window_closed && info->unacknowledged == 0) {
    callbacks_.answered(last->keepalive_unanswered > 0);
  }
}

}  // namespace tcpkit::watch
