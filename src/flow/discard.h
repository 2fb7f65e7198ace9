#pragma once

#include <cstdint>
#include <string_view>
#include <utility>

#include "flow/hooks.h"
#include "net/socket.h"

namespace tcpkit::flow {

/// Counts what comes and throws it away; says nothing. Handler of all its sockets.
class Discard : public net::SocketHandler {
 public:
  explicit Discard(Hooks hooks) : hooks_(std::move(hooks)) {}

  /// Received on all connections so far.
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

  void on_data(net::Socket& /*socket*/, std::string_view bytes) override { bytes_ += bytes.size(); }
  void on_error(net::Socket& socket, const Error& error) override {
    call(hooks_.failed, socket, error);
  }

 private:
  Hooks hooks_;
  std::uint64_t bytes_ = 0;
};

}  // namespace tcpkit::flow
