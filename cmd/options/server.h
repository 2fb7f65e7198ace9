#pragma once

#include <optional>
#include <string>

#include "base/endpoint.h"
#include "cmd/cli/option_set.h"
#include "cmd/options/rules.h"
#include "cmd/options/socket.h"
#include "net/listener.h"

namespace tcpkit::cmd {

/// The server group.
struct ServerGroup {
  net::ListenOptions listen;
  bool keep_open = false;
  bool pause_on_connect = false;
  std::string port_file;
  RuleOptions allow{"allow", "allowlist"};

  /// `one_shot`: the command serves one connection unless -k.
  void declare(OptionSet& set, bool one_shot);
  /// Throws UsageError. `one_shot` as before.
  void check(bool is_unix, SocketGroup& socket, bool one_shot);

 private:
  bool no_reuse_address_ = false;
  std::optional<int> backlog_;
  std::optional<int> max_connections_;
  OptionSet* set_ = nullptr;
};

}  // namespace tcpkit::cmd
