#include "os/keepalive_watch.h"

#include <algorithm>
#include <utility>

namespace tcpkit::os {
namespace {

constexpr std::chrono::milliseconds shortest{10};
constexpr std::chrono::milliseconds longest{100};
/// TCP_INFO counts in jiffies: an ACK's time wavers by as much between two samples.
constexpr std::uint64_t jitter_ns = 30'000'000;

}  // namespace

KeepaliveWatch::KeepaliveWatch(uv::Loop& loop, int fd, std::chrono::milliseconds period,
                               Callbacks callbacks)
    : fd_(fd),
      pause_(std::clamp(period / 20, shortest, longest)),
      callbacks_(std::move(callbacks)),
      timer_(loop, [this] { sample(); }) {
  sample();
}

void KeepaliveWatch::sample() {
  const auto info = tcp_info(fd_);
  if (!info) return;
  timer_.start(pause_);
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
  if (new_ack || traffic) last_heard_ = heard;
  for (int n = last->keepalive_unanswered + 1; n <= info->keepalive_unanswered; ++n) {
    callbacks_.probe(n);
  }
  if (new_ack && !traffic && info->unacknowledged == 0) callbacks_.answered();
}

}  // namespace tcpkit::os
