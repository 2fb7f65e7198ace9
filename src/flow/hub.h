#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>

#include "flow/data_options.h"
#include "flow/delivery.h"
#include "flow/hooks.h"
#include "flow/pump.h"
#include "net/socket.h"
#include "stdio/output.h"

namespace tcpkit::flow {

/// stdin to every connection, every connection to stdout: what `listen -k` is. Each client gets a
/// copy of what stdin gives while it is connected, at the pace of the slowest; stdin is read only
/// while there is a client, and its end closes nothing. Handler of all its sockets, which must be
/// created with allow_half_open, unless they are scripted. The hub answers their FIN: once they
/// have what stdin holds, a file to its end, because a pipe belongs to all of them.
class Hub : public net::SocketHandler, private Taker {
 public:
  struct Options {
    DataOptions data;
    bool scripted = false;  ///< steps decide over the ends of the sockets
  };
  Hub(net::Engine& engine, const Options& options, Hooks hooks);

  /// A new client; the socket has this hub as its handler.
  void add(net::Socket& socket);
  void drain();
  void discard_output() { output_.discard(); }

  void on_data(net::Socket& socket, std::string_view bytes) override;
  void on_end(net::Socket& socket) override;
  void on_drain(net::Socket& socket) override;
  void on_finish(net::Socket& socket) override;
  void on_close(net::Socket& socket, bool had_error) override;
  void on_error(net::Socket& socket, const Error& error) override;

 private:
  Room room() override;
  void take(std::string_view block) override;
  void input_paused() override;
  void input_ended() override;
  void input_failed(int err) override;
  void end_and_deliver(net::Socket& socket);
  [[nodiscard]] bool has_taker() const;
  [[nodiscard]] bool is_terminal() const;

  net::Engine& engine_;
  DataOptions options_;
  bool scripted_;
  Hooks hooks_;
  std::set<net::Socket*> sockets_;
  std::set<net::Socket*> slow_;     ///< wait for their on_drain
  std::set<net::Socket*> leaving_;  ///< have ended, and get what stdin holds
  std::map<net::Socket*, std::unique_ptr<Delivery>> deliveries_;  ///< of --send-only
  Pump pump_;
  stdio::Output output_;
  bool reading_ = true;
  bool draining_ = false;
};

}  // namespace tcpkit::flow
