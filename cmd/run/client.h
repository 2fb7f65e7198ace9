#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/endpoint.h"
#include "cmd/options/client.h"
#include "cmd/run/exit.h"
#include "net/dialer.h"

namespace tcpkit::cmd {

class Session;

/// What a command does with the tries of its Client. Outlives it.
class ClientOwner {
 public:
  ClientOwner() = default;
  virtual ~ClientOwner() = default;
  ClientOwner(const ClientOwner&) = delete;
  ClientOwner& operator=(const ClientOwner&) = delete;

  /// A try begins: the handler of its socket.
  virtual net::SocketHandler& begin_try() = 0;
  /// Right before connect() is called, and right after it.
  virtual void before_connect(net::Socket& /*socket*/) {}
  virtual void after_connect(net::Socket& /*socket*/) {}
  /// No try made a connection, and there will be no further one. `text` is the line for people.
  virtual void on_unreached(Exit status, const std::string& text) = 0;
};

/// Makes a connection to one target, and tries again after a failure as often as --retry allows.
/// The handler of the socket reports to the client what became of the try. Owned by a command's
/// run; lives on the session's loop, and is gone before the session.
class Client {
 public:
  /// `target`, `group` and `owner` must outlive this object.
  Client(Session& session, ClientOwner& owner, const Endpoint& target, const ClientGroup& group,
         const net::Socket::Options& socket);

  /// Begins the first try.
  void open();
  /// Takes this connected descriptor in place of a connection to the target.
  void adopt(int fd);
  /// No further try begins.
  void stop() { retry_timer_.stop(); }
  /// The same, and a try that has made no connection yet ends: closed() follows.
  void abandon();

  // To be called by the handler.
  void connected() {
    was_connected_ = true;
    connecting_ = nullptr;
  }
  /// True if the error ends a try without a connection: closed() acts on it. False: a connection
  /// was lost, which is the handler's to report.
  bool failed(const net::Socket& socket, const Error& error);
  /// The socket is closed and its output written: tries again, or reports on_unreached().
  void closed();

  [[nodiscard]] bool was_connected() const { return was_connected_; }
  /// A try goes on, or will begin.
  [[nodiscard]] bool connecting() const { return connecting_ != nullptr || retry_timer_.active(); }
  /// A try that fails now is followed by another.
  [[nodiscard]] bool tries_again() const { return tries_left_ > 0; }
  /// Why there is no connection so far, for people; empty if there is one or nothing has failed.
  [[nodiscard]] std::string last_failure() const;

 private:
  net::Socket& begin();

  Session& session_;
  ClientOwner& owner_;
  const Endpoint& target_;
  const ClientGroup& group_;
  net::Socket::Options options_;
  int tries_left_;
  bool was_connected_ = false;        ///< this try
  std::optional<Error> unconnected_;  ///< why this try failed
  std::optional<Error> before_;       ///< why the last one did, while no connection was made
  uv::Timer retry_timer_;
  std::unique_ptr<dns::Resolver> resolver_;
  std::unique_ptr<net::Dialer> dialer_;
  net::Socket* connecting_ = nullptr;  ///< the socket of this try, until it is connected or closed
};

}  // namespace tcpkit::cmd
