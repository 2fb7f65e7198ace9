#pragma once

#include <chrono>
#include <string>

#include "cmd/cli/option_set.h"
#include "net/socket.h"

namespace tcpkit::cmd {

/// The time limits every command has; 0: none.
struct TimeGroup {
  std::chrono::milliseconds idle{0};
  net::Socket::TimeoutAction action = net::Socket::TimeoutAction::end;
  std::chrono::milliseconds deadline{0};

  void declare(OptionSet& set);
  /// Throws UsageError; fills in the socket's options.
  void check(net::Socket::Options& options, bool is_unix);
  /// Of `set timeout=` or `set timeout-action=`, which have been parsed: what changes.
  void add_change(const std::string& name, bool is_unix, net::OptionChange& change) const;

 private:
  void check_action(bool is_unix) const;

  OptionSet* set_ = nullptr;
};

}  // namespace tcpkit::cmd
