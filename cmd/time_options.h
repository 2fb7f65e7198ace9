#pragma once

#include <chrono>

#include "cmd/cli.h"
#include "net/socket.h"

namespace tcpkit::cmd {

/// The time limits every command has; 0: none.
struct TimeGroup {
  std::chrono::milliseconds idle{0};
  net::Socket::TimeoutAction action = net::Socket::TimeoutAction::end;
  std::chrono::milliseconds deadline{0};

  void declare(CLI::App& app);
  /// Throws UsageError; fills in the socket's options.
  void check(net::Socket::Options& options, bool is_unix);

 private:
  CLI::App* app_ = nullptr;
};

}  // namespace tcpkit::cmd
