#pragma once

#include <chrono>
#include <functional>
#include <optional>

#include "os/tcp_info.h"
#include "uv/timer.h"

namespace tcpkit::os {

/// Samples TCP_INFO of a connection and tells of its keep-alive probes. An answered probe is over
/// within a round trip: then only its ACK is seen, as an ACK without data.
class KeepaliveWatch {
 public:
  struct Callbacks {
    std::function<void(int unanswered)> probe;  ///< one more without an answer
    std::function<void()> answered;
  };
  /// `fd` stays the caller's and must outlive this. `period`: the shorter of idle and interval.
  KeepaliveWatch(uv::Loop& loop, int fd, std::chrono::milliseconds period, Callbacks callbacks);
  void stop() { timer_.stop(); }
  /// When the peer was last heard of, in uv_hrtime's nanoseconds.
  [[nodiscard]] std::uint64_t last_heard() const { return last_heard_; }

 private:
  void sample();

  int fd_;
  std::chrono::milliseconds pause_;
  Callbacks callbacks_;
  std::optional<TcpInfo> last_;
  std::uint64_t last_heard_ = 0;
  uv::Timer timer_;
};

}  // namespace tcpkit::os
