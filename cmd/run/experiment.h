#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cmd/cli/command.h"
#include "cmd/options/client.h"
#include "cmd/options/time.h"
#include "cmd/run/client.h"
#include "cmd/run/server.h"
#include "cmd/run/session.h"

namespace tcpkit::cmd {

class ExperimentCommand;

/// One run of `half-close`, `reset` or `keepalive`: one connection, made to a TARGET or accepted at
/// --listen ADDRESS, traced on stdout unless --quiet, and a summary at its end. What arrives is
/// counted and thrown away. The derived class says what happens on it, and owns its timers and its
/// input. Lives on the session's loop, and is gone before the session.
class ExperimentRun : public net::SocketHandler, public ClientOwner {
 public:
  /// `command` is what was asked for; both must outlive this object.
  ExperimentRun(Session& session, const ExperimentCommand& command);
  ~ExperimentRun() override;
  ExperimentRun(const ExperimentRun&) = delete;
  ExperimentRun& operator=(const ExperimentRun&) = delete;
  /// The exit status.
  int run();

  void on_error(net::Socket& socket, const Error& error) override;
  void on_close(net::Socket& socket, bool had_error) override;
  void on_timeout(net::Socket& socket, record::ev::TimeoutKind kind) override;
  void on_summary(net::Socket& socket, record::Outcome& outcome) override {
    if (socket.was_connected()) summarise(socket, outcome);
  }

 protected:
  /// The connection is there, client or server; `connect` or `connection` was just reported.
  virtual void on_open(net::Socket& socket) = 0;
  /// Ends what the command waits for: its timers and its reading of stdin.
  virtual void on_stop() {}
  /// The connection is gone: what it showed, in a sentence for people and fields for programs.
  virtual void summarise(net::Socket& socket, record::Outcome& outcome) = 0;
  /// After the summary.
  virtual void on_over(net::Socket& /*socket*/) {}
  /// May change the exit status of a connection that ended with `error`.
  virtual Exit status_of(const Error& error) { return exit_of(error); }

  /// A note of the timeline.
  void note(const std::string& text);
  [[nodiscard]] Session& session() { return session_; }

 private:
  void on_connect(net::Socket& socket) final { opened(socket); }
  void opened(net::Socket& socket);
  void open_server();
  void open_client();
  net::SocketHandler& begin_try() final { return *this; }
  void on_unreached(Exit status, const std::string& text) final;

  Session& session_;
  const ExperimentCommand& command_;
  std::unique_ptr<Server> listener_;
  std::unique_ptr<Client> client_;
};

/// The options of such a command, parsed. Its run is made inside run(), after the session.
class ExperimentCommand : public Program {
 public:
  explicit ExperimentCommand(std::string name) : name_(std::move(name)) {}
  void declare(OptionSet& set) override;
  void accept(const std::vector<std::string>& arguments) override;
  int run() override;

  [[nodiscard]] bool listening() const { return !listen_.empty(); }
  /// Known once accept() has read the address.
  [[nodiscard]] bool is_unix() const { return endpoint_.is_unix(); }
  [[nodiscard]] const Endpoint& endpoint() const { return endpoint_; }
  [[nodiscard]] const SocketGroup& socket() const { return socket_; }
  [[nodiscard]] const ClientGroup& client() const { return client_; }
  [[nodiscard]] const ServerGroup& server() const { return server_; }
  [[nodiscard]] const TimeGroup& time() const { return time_; }

 protected:
  [[nodiscard]] virtual std::unique_ptr<ExperimentRun> make_run(Session& session) const = 0;
  /// What the socket needs beside the options.
  virtual void adjust(net::Socket::Options& /*options*/) const {}
  [[nodiscard]] const OptionSet& set() const { return *set_; }
  [[nodiscard]] TraceOptions& trace_options() { return trace_; }

 private:
  std::string name_;
  std::string listen_;
  TraceOptions trace_;
  SocketGroup socket_;
  ClientGroup client_;
  ServerGroup server_;
  TimeGroup time_;
  Endpoint endpoint_;
  const OptionSet* set_ = nullptr;
};

}  // namespace tcpkit::cmd
