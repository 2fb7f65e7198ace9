#pragma once

#include <utility>

#include "flow/hooks.h"
#include "net/socket.h"

namespace tcpkit::flow {

/// Sends back what comes, at the pace at which it is taken. Handler of all its sockets; keeps no
/// state of its own.
class Echo : public net::SocketHandler {
 public:
  explicit Echo(Hooks hooks) : hooks_(std::move(hooks)) {}

  void on_data(net::Socket& socket, std::string_view bytes) override {
    if (socket.writable() && !socket.write(bytes)) socket.pause();
  }
  void on_drain(net::Socket& socket) override { socket.resume(); }
  // After end() no drain comes any more: what is read from now on is dropped.
  void on_finish(net::Socket& socket) override { socket.resume(); }
  void on_write_failed(net::Socket& socket) override { socket.resume(); }
  void on_error(net::Socket& socket, const Error& error) override {
    call(hooks_.failed, socket, error);
  }

 private:
  Hooks hooks_;
};

}  // namespace tcpkit::flow
