#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/endpoint.h"
#include "cmd/options/server.h"
#include "cmd/run/session.h"
#include "dns/resolver.h"
#include "flow/discard.h"
#include "net/listener.h"

namespace tcpkit::cmd {

/// What all server commands do before and after the work: the address looked up, the listener, the
/// port file, the lines on stderr. Owned by the command for the whole run.
class Server : public net::ListenerHandler {
 public:
  struct Options {
    Endpoint address;
    std::optional<int> fd;  ///< an inherited listening socket instead
    int family = 0;
    net::ListenOptions listen;
    net::Socket::Options socket;
    std::string port_file;
    /// Reads the rules again, at SIGHUP; empty where no file gave any. nullptr: the text says why.
    std::function<std::shared_ptr<const PeerRules>(std::string&)> reread_rules;
    bool has_allow_list = false;  ///< asked for, whether or not it holds a rule
    bool one_shot = false;        ///< serves one connection and refuses a second client
  };
  /// Of the groups as they were parsed and checked; both must outlive the server.
  static Options make_options(const Endpoint& address, std::optional<int> fd,
                              const SocketGroup& socket, const ServerGroup& server);
  /// `serve` gives the handler of the next connection; `accepted` is told of it, before reading
  /// begins.
  Server(Session& session, Options options, std::function<net::SocketHandler&()> serve,
         std::function<void(net::Socket&)> accepted);

  void open();
  net::Listener& listener() { return *listener_; }
  /// Clients that the rules turned away.
  [[nodiscard]] std::uint64_t blocked() const { return listener_ ? listener_->blocked() : 0; }

  void on_listening(net::Listener& listener) override;
  net::SocketHandler& on_accept(net::Listener& listener, const record::Ends& ends) override;
  void on_connection(net::Listener& listener, net::Socket& socket) override;
  void on_accept_timeout(net::Listener& listener) override;
  void on_error(net::Listener& listener, const Error& error) override;
  void on_close(net::Listener& listener) override;

 private:
  void on_lookup(dns::Result result);
  bool write_port_file(const Address& address);
  void reread_rules();
  void warn_if_open(const PeerRules* rules);

  Session& session_;
  Options options_;
  std::function<net::SocketHandler&()> serve_;
  flow::Discard gone_;  ///< serves clients that were reset before they were accepted
  std::function<void(net::Socket&)> accepted_;
  std::unique_ptr<dns::Resolver> resolver_;
  std::unique_ptr<dns::Query> query_;
  std::unique_ptr<net::Listener> listener_;
};

}  // namespace tcpkit::cmd
