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
  /// Declares --deadline alone.
  void declare_deadline(OptionSet& set);
  /// Throws UsageError; fills in the socket's options.
  void check(net::Socket::Options& options, bool is_unix);
  /// Of the step `set` NAME=VALUE: what changes; other groups' options change nothing here. Throws
  /// UsageError.
  void add_change(const std::string& name, const std::string& value, bool is_unix,
                  net::OptionChange& change);

 private:
  void check_action(bool is_unix) const;

  OptionSet* set_ = nullptr;
};

}  // namespace tcpkit::cmd
