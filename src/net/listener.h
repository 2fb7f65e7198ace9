#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/endpoint.h"
#include "base/peer_rules.h"
#include "net/socket.h"
#include "uv/task.h"

namespace tcpkit::net {

struct ListenOptions {
  int backlog = 511;  ///< for listen(2); Node's default
  bool ipv6_only = false;
  bool reuse_address = true;
  bool reuse_port = false;
  std::optional<std::size_t> max_connections;   ///< more are dropped; 0 drops all
  std::optional<unsigned> unix_mode;            ///< permission bits of the path
  bool unix_unlink = false;                     ///< take over a path that nobody answers on
  std::chrono::milliseconds accept_timeout{0};  ///< until the first client; 0: none
  std::shared_ptr<const PeerRules> rules;       ///< who may connect; null: everybody
};

class Listener;

/// What a command does with a listener. Must outlive on_close.
class ListenerHandler {
 public:
  ListenerHandler() = default;
  virtual ~ListenerHandler() = default;
  ListenerHandler(const ListenerHandler&) = delete;
  ListenerHandler& operator=(const ListenerHandler&) = delete;

  virtual void on_listening(Listener& /*listener*/) {}
  /// Who serves the next connection; asked before it is made.
  virtual SocketHandler& on_accept(Listener& listener, const record::Ends& ends) = 0;
  virtual void on_connection(Listener& /*listener*/, Socket& /*socket*/) {}
  virtual void on_accept_timeout(Listener& /*listener*/) {}
  /// listen() or accept() failed; after a failed listen() nothing else comes.
  virtual void on_error(Listener& /*listener*/, const Error& /*error*/) {}
  /// After close(), once all its connections are gone.
  virtual void on_close(Listener& /*listener*/) {}
};

/// A listening socket, TCP or Unix: Node's net.Server. Owned by the command, which keeps it until
/// on_close.
class Listener {
 public:
  Listener(Engine& engine, ListenerHandler& handler, const ListenOptions& options,
           const Socket::Options& socket_options);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  /// Binds and listens. `listening` or `error` follows in the next tick.
  void listen(const Address& address);
  /// Like listen() on the unspecified address: `::` for both families, 0.0.0.0 where there is no
  /// IPv6.
  void listen_any(std::uint16_t port);
  /// The name to listen on has no address: `error`, as if listen() had found out.
  void fail_lookup(const std::string& host, std::uint16_t port, Error error);
  /// Takes an inherited listening socket, which the caller has checked to be one.
  void adopt(int fd);
  /// Stops listening at once (a Unix path is removed); `close` comes when the last connection is
  /// gone. Harmless when called twice.
  void close();
  /// While `on`, clients wait in the kernel's queue: nobody is accepted. Of one that listens.
  void hold(bool on);
  /// For the clients that come from now on.
  void set_rules(std::shared_ptr<const PeerRules> rules) { options_.rules = std::move(rules); }

  [[nodiscard]] const Address& address() const { return address_; }
  [[nodiscard]] std::size_t connections() const { return connections_; }
  /// Clients that the rules turned away so far.
  [[nodiscard]] std::uint64_t blocked() const { return blocked_; }
  [[nodiscard]] Engine& engine() { return engine_; }
  [[nodiscard]] bool closing() const { return closing_; }
  /// While a client is handed over: it was reset before it was accepted, so that nothing can come
  /// from it, and the kernel no longer knows its address.
  [[nodiscard]] bool client_is_gone() const { return client_is_gone_; }
  void report_timeout(record::ev::TimeoutKind kind, std::chrono::milliseconds limit,
                      std::string_view option);

 private:
  template <class B>
  void emit(unsigned conn, B&& body);
  std::optional<Error> open(const Address& address);
  std::optional<Error> set_options(int family);
  int bind_unix(const Address& address);
  void start(std::optional<Error> error);
  void fail(const Error& error);
  [[nodiscard]] Error epoll_error(int err) const;
  void unwatchable(int err);
  void accept_waiting();
  void accepted(int fd);
  bool turned_away(const record::Ends& ends);
  void on_accept_limit();
  void out_of_descriptors(int err);
  void connection_gone();
  void emit_close_if_drained();
  void remove_path();

  Engine& engine_;
  ListenerHandler& handler_;
  ListenOptions options_;
  Socket::Options socket_options_;
  Address address_;
  int fd_ = -1;
  std::unique_ptr<uv::Poll> poll_;
  uv::Limit accept_limit_;
  uv::Timer retry_timer_;
  bool held_ = false;
  bool client_is_gone_ = false;
  bool starved_ = false;  ///< out of descriptors, and said so
  bool closing_ = false;
  bool close_emitted_ = false;
  std::size_t connections_ = 0;
  std::uint64_t blocked_ = 0;
  /// Device and inode of the Unix path we made.
  std::optional<std::pair<dev_t, ino_t>> made_path_;
  uv::Task later_;
};

}  // namespace tcpkit::net
