#pragma once

#include <cstddef>
#include <string>

#include "cmd/cli/declare.h"
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
  /// Declares only what has a meaning before there is a connection.
  void declare_for_attempts(OptionSet& set);
  /// Throws UsageError. `is_unix`: the address is a Unix socket.
  void check(bool is_unix);
  /// Of the step `set` NAME=VALUE, NAME being the long name of an option with Trait::live: what
  /// changes. Other groups' options change nothing here. Throws UsageError.
  void add_change(const std::string& name, const std::string& value, net::OptionChange& change);
  /// 4, 6, or 0 for both.
  [[nodiscard]] int family() const { return ipv4 ? 4 : ipv6 ? 6 : 0; }

 private:
  void declare_families(Group& group);
  void declare_rules(OptionSet& set);

  OptionSet* set_ = nullptr;
};

/// Declares the rows of the table of socket options that are a client's only; SocketGroup::check()
/// reads them.
void declare_client_table(Group& group);

}  // namespace tcpkit::cmd
