#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/endpoint.h"
#include "base/peer_rules.h"
#include "net/socket.h"
#include "uv/task.h"

namespace tcpkit::dns {
class Query;
class Resolver;
struct Result;
}  // namespace tcpkit::dns

namespace tcpkit::net {

struct DialOptions {
  int family = 0;                        ///< 4 or 6: only answers of that family
  std::optional<Address> local_address;  ///< filters the answers to its family, too
  std::uint16_t local_port = 0;
  std::chrono::milliseconds attempt_timeout{250};  ///< not for the last address
  std::chrono::milliseconds connect_timeout{0};    ///< over lookup and all attempts; 0: none
  bool auto_select_family = true;                  ///< false: the first address only
  std::shared_ptr<const PeerRules> rules;          ///< addresses that are not tried; null: none
};

/// Opens one client connection: lookup, then one attempt after another, as Node's
/// lookupAndConnectMultiple (lib/net.js). Owned by the caller; ends in Socket::opened() or fail().
class Dialer : public Opening {
 public:
  Dialer(Socket& socket, dns::Resolver& resolver, const DialOptions& options,
         const SocketOptions& socket_options);
  ~Dialer() override;
  Dialer(const Dialer&) = delete;
  Dialer& operator=(const Dialer&) = delete;

  /// Emits the call and starts. The socket's events come later, except a Unix socket's attempt.
  void connect(const Endpoint& target);
  /// Takes an inherited connected socket, which the caller has checked to be one.
  void adopt(int fd);
  void abandon() override;
  /// How the addresses failed that have been tried so far.
  [[nodiscard]] const std::vector<Error>& failures() const { return errors_; }

 private:
  void on_lookup(dns::Result result);
  void attempt_next();
  void attempt(const Address& address);
  /// Acts on what has become of the attempt in flight. False: nothing yet.
  bool look(bool writable);
  void on_connected();
  void refuse_itself();
  void attempt_failed(Error error);
  void attempt_failed_later(Error error);
  [[nodiscard]] bool is_blocked(const Address& address) const;
  void attempt_timed_out();
  void give_up_attempt();
  void on_connect_timeout();
  void fail_all();
  void fail_with(Error all);
  int prepare(const Address& address);
  [[nodiscard]] record::ev::ConnectionAttempt describe(const Address& address) const;
  [[nodiscard]] Error attempt_error(int err, std::string_view syscall) const;
  [[nodiscard]] Error connect_error(int err) const;
  [[nodiscard]] Error given_up(int err) const;
  void close_fd();

  Socket& socket_;
  uv::Loop& loop_;
  dns::Resolver& resolver_;
  DialOptions options_;
  SocketOptions socket_options_;
  Endpoint target_;
  std::unique_ptr<dns::Query> query_;
  std::vector<Address> addresses_;
  std::size_t next_ = 0;  ///< index of the attempt after the one in flight
  std::vector<Error> errors_;
  bool attempting_ = false;
  int fd_ = -1;
  std::unique_ptr<uv::Poll> poll_;
  uv::Limit attempt_timer_;
  uv::Limit connect_timer_;
  uv::Task later_{loop_};
};

/// Drops duplicates and lets families alternate, beginning with that of the first address
/// (Node lib/net.js, lookupAndConnectMultiple).
std::vector<Address> order_addresses(const std::vector<Address>& found);

}  // namespace tcpkit::net
