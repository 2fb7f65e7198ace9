#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "flow/delivery.h"
#include "flow/hooks.h"
#include "net/socket.h"

namespace tcpkit::flow {

/// One end of a Relay: what arrives here goes to the other end. Handler of one socket.
class Leg : public net::SocketHandler {
 public:
  /// `hooks` must outlive this object; connected, failed and closed are called.
  Leg(net::Engine& engine, const Hooks& hooks);
  Leg(const Leg&) = delete;
  Leg& operator=(const Leg&) = delete;
  ~Leg() override;
  void join(Leg& other) { other_ = &other; }

  /// The connection is there. A client's leg comes here by itself.
  void attach(net::Socket& socket);
  /// Null before the connection is there and after its `close`.
  [[nodiscard]] net::Socket* socket() const { return socket_; }
  /// Closes with a RST once the peer has acknowledged what was written, or makes no progress.
  void abort();

  void on_connect(net::Socket& socket) override;
  void on_data(net::Socket& socket, std::string_view bytes) override;
  bool splices(net::Socket& socket) override;
  ssize_t on_splice(net::Socket& socket, int fd, std::size_t most) override;
  void on_end(net::Socket& socket) override;
  void on_drain(net::Socket& socket) override;
  void on_writable(net::Socket& socket) override;
  void on_finish(net::Socket& socket) override;
  void on_write_failed(net::Socket& socket) override;
  void on_error(net::Socket& socket, const Error& error) override;
  void on_close(net::Socket& socket, bool had_error) override;

 private:
  bool open_pipe();
  void close_pipe();
  void copy_pipe(net::Socket& to);
  void empty_pipe();
  void go_on();
  void pass_end();

  net::Engine& engine_;
  const Hooks& hooks_;
  Leg* other_ = nullptr;
  net::Socket* socket_ = nullptr;
  int full_reads_ = 0;  ///< one after another: a stream, which is better moved in the kernel
  // Of the direction from here to the other end; made when a stream first needs it. Nothing is read
  // here while it holds bytes.
  std::array<int, 2> pipe_{-1, -1};
  std::size_t in_pipe_ = 0;
  bool cannot_splice_ = false;
  // What waits for the pipe to be empty: the peer's FIN, its RST.
  bool ended_ = false;
  bool broken_ = false;
  bool aborting_ = false;
  Delivery delivery_;  ///< before a RST
};

/// Two connections of which each gets what arrives on the other: FIN for FIN, RST for RST. A slow
/// end slows the other down: per direction at most the queue of the slow end (--high-water-mark)
/// and, for a stream, a pipe of 1 MiB in the kernel wait. Both sockets must be created with
/// allow_half_open. Must outlive both.
class Relay {
 public:
  Relay(net::Engine& engine, Hooks hooks);
  Leg& near() { return near_; }
  Leg& far() { return far_; }
  /// Both connections are gone, or were never there.
  [[nodiscard]] bool over() const { return near_.socket() == nullptr && far_.socket() == nullptr; }

 private:
  Hooks hooks_;
  Leg near_;
  Leg far_;
};

}  // namespace tcpkit::flow
