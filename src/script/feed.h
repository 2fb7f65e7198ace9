#pragma once

#include <functional>
#include <memory>
#include <string>

#include "flow/pump.h"
#include "net/socket.h"

namespace tcpkit::script {

/// Sends a file, or stdin, block by block at the pace of the connection. Owned by the runner.
class Feed : public flow::Taker {
 public:
  /// Opens `path`; "-" is stdin, which several feeds may share: each block goes to one of them.
  /// `on_ready` asks for run().
  Feed(net::Socket& socket, const std::string& path, std::function<void()> on_ready);
  ~Feed() override;
  Feed(const Feed&) = delete;
  Feed& operator=(const Feed&) = delete;

  enum class State { going, done, failed };
  /// Sends what can be sent now.
  State run();
  /// The connection's queue is empty again.
  void drained() { full_ = false; }
  /// It has given bytes to the connection.
  [[nodiscard]] bool sent() const { return pump_ && pump_->given() > 0; }
  /// Positive errno, after `failed`.
  [[nodiscard]] int error() const { return error_; }

 private:
  Room room() override;
  void take(std::string_view block) override { full_ = !socket_.write(block); }
  void input_ended() override {
    if (state_ == State::going) state_ = State::done;
  }
  void input_failed(int err) override;

  net::Socket& socket_;
  int fd_;
  int error_ = 0;
  bool full_ = false;
  State state_ = State::going;
  std::unique_ptr<flow::Pump> pump_;
};

}  // namespace tcpkit::script
