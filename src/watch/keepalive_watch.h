#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>

#include "os/tcp_info.h"
#include "uv/timer.h"

namespace tcpkit::watch {

/// Calls report(timeouts, segments) for what was sent again between two samples of TCP_INFO: for
/// each timeout since `before`, up to `now` in a row, and for the segments that no timeout of these
/// accounts for. The kernel counts timeouts and `segments` apart: what is lost within a window of
/// others is sent again without a timeout.
template <class Report>
void for_each_retransmit(int before, int now, std::uint32_t segments, const Report& report) {
  for (int n = before + 1; n <= now; ++n) {
    const std::uint32_t mine = n == now ? segments : std::min(segments, 1U);
    report(n, mine);
    segments -= mine;
  }
  if (segments > 0) report(now, segments);
}

/// Samples TCP_INFO of a connection and reports its keep-alive probes and retransmissions. An
/// answered probe is over within a round trip: then only its ACK is seen, as an ACK without data
/// that ends a silence of `idle`. Probes of a closed window (RFC 9293, 3.8.6.1) are told of
/// neither.
class KeepaliveWatch {
 public:
  struct Callbacks {
    std::function<void(int unanswered)> probe;  ///< one more without an answer
    std::function<void(bool seen)> answered;    ///< `seen`: probe() was told of it
    /// `timeouts` in a row without an answer, or 0; `segments` since the last call.
    std::function<void(int timeouts, std::uint32_t segments)> retransmitted;
  };
  /// `fd` stays the caller's and must outlive this, or be closed after stop(). `idle` and
  /// `interval` are those of the socket. `rests`: takes no samples while nothing is in flight and
  /// no probe is due; then the caller says by wake() that something was sent.
  KeepaliveWatch(uv::Loop& loop, int fd, std::chrono::milliseconds idle,
                 std::chrono::milliseconds interval, Callbacks callbacks, bool rests = false);
  void wake();
  void stop() { timer_.stop(); }
  /// When the peer was last heard of, in uv_hrtime's nanoseconds.
  [[nodiscard]] std::uint64_t last_heard() const { return last_heard_; }
  /// Data was in flight when last looked at: it is retransmitted, and nothing is probed.
  [[nodiscard]] bool in_flight() const { return last_ && last_->unacknowledged > 0; }
  /// Data waited for room at the peer: its window is probed, which is no keep-alive.
  [[nodiscard]] bool waits_for_window() const { return last_ && last_->not_sent > 0; }

 private:
  void sample();
  [[nodiscard]] std::chrono::milliseconds rest(const os::TcpInfo& info) const;

  int fd_;
  std::chrono::nanoseconds idle_;
  std::chrono::milliseconds pause_;
  Callbacks callbacks_;
  bool rests_;
  bool resting_ = false;
  std::optional<os::TcpInfo> last_;
  std::uint64_t last_heard_ = 0;
  uv::Timer timer_;
};

}  // namespace tcpkit::watch
