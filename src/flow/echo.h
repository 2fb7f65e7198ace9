#pragma once

#include <functional>

#include "net/socket.h"

namespace tcpkit::flow {

/// Sends back what comes, at the pace at which it is taken. Handler of all its sockets; keeps no
/// state of its own.
class Echo : public net::SocketHandler {
 public:
  void on_data(net::Socket& socket, std::string_view bytes) override {
    if (socket.writable() && !socket.write(bytes)) socket.pause();
  }
  void on_drain(net::Socket& socket) override { socket.resume(); }
  void on_error(net::Socket& socket, const Error& error) override { on_failure(socket, error); }

  std::function<void(net::Socket&, const Error&)> on_failure;
};

}  // namespace tcpkit::flow
