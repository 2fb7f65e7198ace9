#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "net/socket.h"
#include "uv/limit.h"
#include "uv/timer.h"

namespace tcpkit::flow {

/// Waits until the peer's kernel has acknowledged everything that a connection sends, if that is
/// wanted with our FIN, for as long as the acknowledgements make progress. Owned by whoever serves
/// the connection, which stops it at the latest when that closes.
class Delivery {
 public:
  /// How long the acknowledgements may stand still.
  static constexpr std::chrono::milliseconds patience{2000};

  /// `done`: everything is acknowledged, or the connection is broken, which it reports itself.
  /// `stuck`: nothing was acknowledged for the time of `patience`; so many bytes are not.
  Delivery(uv::Loop& loop, std::function<void()> done,
           std::function<void(std::size_t bytes)> stuck);

  enum class Of {
    all,   ///< our FIN as well: to be called once end() was
    data,  ///< what has been written so far
  };
  /// Does nothing while it runs.
  void start(net::Socket& socket, Of of = Of::all);
  void stop();
  /// What `stuck` means, for people.
  static std::string describe(std::size_t bytes);
  [[nodiscard]] bool active() const { return socket_ != nullptr; }

 private:
  void check();

  net::Socket* socket_ = nullptr;
  Of of_ = Of::all;
  std::size_t left_ = 0;  ///< unacknowledged at the last check
  std::function<void()> done_;
  std::function<void(std::size_t bytes)> stuck_;
  uv::Timer next_check_;
  uv::Limit standstill_;
};

}  // namespace tcpkit::flow
