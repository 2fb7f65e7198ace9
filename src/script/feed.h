#pragma once

#include <functional>
#include <memory>
#include <string>

#include "net/socket.h"
#include "stdio/input.h"

namespace tcpkit::script {

/// Sends a file, or stdin, block by block at the pace of the connection. Owned by the runner.
class Feed {
 public:
  /// Opens `path`; "-" is stdin, which several feeds may share: each block goes to one of them.
  /// `on_ready` asks for pump().
  Feed(uv::Loop& loop, const std::string& path, std::function<void()> on_ready);
  ~Feed();
  Feed(const Feed&) = delete;
  Feed& operator=(const Feed&) = delete;

  enum class State { going, done, failed };
  /// Sends what can be sent now.
  State pump(net::Socket& socket);
  /// The connection's queue is empty again.
  void drained() { full_ = false; }
  /// It has given bytes to the connection.
  [[nodiscard]] bool sent() const { return sent_; }
  /// Positive errno, after `failed`.
  [[nodiscard]] int error() const { return error_; }

 private:
  int fd_;
  int error_ = 0;
  bool full_ = false;
  bool sent_ = false;
  std::unique_ptr<stdio::Input> input_;
  std::string block_;
};

}  // namespace tcpkit::script
