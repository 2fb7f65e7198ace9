#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cmd/cli/command.h"
#include "cmd/options/client.h"
#include "cmd/options/time.h"
#include "cmd/run/server.h"
#include "cmd/run/session.h"
#include "net/dialer.h"

namespace tcpkit::cmd {

/// What `half-close`, `reset` and `keepalive` share: one connection, made to a TARGET or accepted
/// at
/// --listen ADDRESS, traced on stdout unless --quiet, and a summary at its end. What arrives is
/// counted and thrown away. The commands say what happens on it.
class LifecycleCommand : public Program, public net::SocketHandler {
 public:
  explicit LifecycleCommand(std::string name) : name_(std::move(name)) {}
  void declare(OptionSet& set) override;
  void accept(const std::vector<std::string>& arguments) override;
  int run() override;

  void on_error(net::Socket& socket, const Error& error) override;
  void on_close(net::Socket& socket, bool had_error) override;
  void on_timeout(net::Socket& socket, record::ev::TimeoutKind kind) override;
  void on_summary(net::Socket& socket, record::Outcome& outcome) override {
    if (socket.was_connected()) summarise(socket, outcome);
  }

 protected:
  /// The connection is there, client or server; `connect` or `connection` was just told.
  virtual void on_open(net::Socket& socket) = 0;
  /// Ends what the command waits for: its timers and its reading of stdin.
  virtual void on_stop() {}
  /// The loop is about to go: lets go of what is on it.
  virtual void release() {}
  /// The connection is gone: what it showed, in a sentence for people and fields for programs.
  virtual void summarise(net::Socket& socket, record::Outcome& outcome) = 0;
  /// Behind the summary.
  virtual void on_over(net::Socket& /*socket*/) {}
  /// May change the exit status of a connection that ended with `error`.
  virtual Exit status_of(const Error& error) { return exit_of(error); }
  /// What the socket needs beside the options.
  virtual void adjust(net::Socket::Options& /*options*/) const {}

  /// A note of the timeline.
  void note(const std::string& text);
  [[nodiscard]] Session& session() { return *session_; }
  [[nodiscard]] bool listening() const { return !listen_.empty(); }
  /// Known once accept() has read the address.
  [[nodiscard]] bool is_unix() const { return endpoint_.is_unix(); }
  [[nodiscard]] const OptionSet& set() const { return *set_; }
  [[nodiscard]] SocketGroup& socket_options() { return socket_; }
  [[nodiscard]] TraceOptions& trace_options() { return trace_; }

 private:
  void on_connect(net::Socket& socket) final { opened(socket); }
  void opened(net::Socket& socket);
  void open_client();
  void on_unconnected();

  std::string name_;
  std::string listen_;
  TraceOptions trace_;
  SocketGroup socket_;
  ClientGroup client_;
  ServerGroup server_;
  TimeGroup time_;
  Endpoint endpoint_;
  const OptionSet* set_ = nullptr;

  Session* session_ = nullptr;
  int tries_left_ = 0;
  std::optional<Error> unconnected_;  ///< why this try ended; acted on at its `close`
  std::optional<Error> before_;       ///< why the last one did
  bool was_connected_ = false;
  std::unique_ptr<uv::Timer> retry_timer_;
  std::unique_ptr<dns::Resolver> resolver_;
  std::unique_ptr<net::Dialer> dialer_;
  std::unique_ptr<Server> listener_;
};

}  // namespace tcpkit::cmd
