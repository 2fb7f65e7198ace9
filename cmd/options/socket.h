#pragma once

#include <cstddef>
#include <string>

#include "cmd/cli/option_set.h"
#include "cmd/options/rules.h"
#include "net/socket.h"

namespace tcpkit::cmd {

/// The socket group.
struct SocketGroup {
  bool ipv4 = false;
  bool ipv6 = false;
  std::size_t read_buffer = 65536;
  net::Socket::Options options;
  RuleOptions block{"block", "blocklist"};  ///< the client or server group makes rules of it

  void declare(OptionSet& set);
  /// Throws UsageError. `is_unix`: the address is a Unix socket.
  void check(bool is_unix);
  /// NAME=VALUE of the step `set`, NAME being the long name of an option, as a change of a
  /// connection that is there; a flag's VALUE is on or off. Uses up this object and its
  /// OptionSet, which must have been made for it. Throws UsageError.
  net::OptionChange read_change(const std::string& name, const std::string& value, bool is_unix);
  /// 4, 6, or 0 for both.
  [[nodiscard]] int family() const { return ipv4 ? 4 : ipv6 ? 6 : 0; }

 private:
  void convert(bool is_unix);

  std::string keep_alive_;
  std::chrono::milliseconds interval_{0};
  std::chrono::milliseconds user_timeout_{0};
  std::optional<int> count_;
  std::chrono::milliseconds linger_{-1};
  OptionSet* set_ = nullptr;
};

/// Seconds of a keep-alive option, which the kernel keeps as whole ones. Throws UsageError.
int whole_seconds(const std::string& name, std::chrono::milliseconds value);

}  // namespace tcpkit::cmd
