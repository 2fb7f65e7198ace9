#pragma once

#include <optional>
#include <string>

#include "cmd/cli/command.h"
#include "cmd/options/steps.h"
#include "cmd/options/time.h"
#include "cmd/run/server.h"

namespace tcpkit::cmd {

/// Throws UsageError where the address is not of the family that was asked for.
void check_family(const Endpoint& address, const SocketGroup& socket, const ServerGroup& server);

/// What `listen`, `echo` and later servers share: their options and their one address.
class ServerCommand : public Program {
 public:
  /// `one_shot`: serves one connection unless -k. `scripted`: takes steps.
  ServerCommand(std::string name, bool one_shot, bool scripted = true)
      : name_(std::move(name)), one_shot_(one_shot), scripted_(scripted) {}
  void declare(OptionSet& set) override;
  void accept(const std::vector<std::string>& arguments) override;

 protected:
  /// Reads the address, or takes the inherited socket; throws UsageError.
  void accept_address(const std::vector<std::string>& arguments);
  /// Checks the options except those of the trace group; throws UsageError. `target_is_unix`: of a
  /// command that also connects. An option that only TCP has needs one end that is TCP.
  void check_options(bool is_unix, std::optional<bool> target_is_unix = {});
  /// The address, or the inherited socket, is a Unix socket.
  [[nodiscard]] bool listens_on_unix() const;
  [[nodiscard]] Server::Options make_server_options() const;
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const OptionSet& options() const { return *set_; }
  /// An inherited socket may take the place of the address.
  [[nodiscard]] bool may_inherit() const;
  [[nodiscard]] const TraceOptions& trace() const { return trace_; }
  [[nodiscard]] TraceOptions& trace() { return trace_; }
  [[nodiscard]] const SocketGroup& socket() const { return socket_; }
  [[nodiscard]] const TimeGroup& time() const { return time_; }
  [[nodiscard]] const ServerGroup& server() const { return server_; }
  [[nodiscard]] const StepGroup& steps() const { return steps_; }

 private:
  std::string name_;
  bool one_shot_;
  bool scripted_;
  OptionSet* set_ = nullptr;
  TraceOptions trace_;
  SocketGroup socket_;
  TimeGroup time_;
  ServerGroup server_;
  StepGroup steps_;
  std::optional<int> fd_;
  std::optional<int> inherited_;
  Endpoint address_;
};

}  // namespace tcpkit::cmd
