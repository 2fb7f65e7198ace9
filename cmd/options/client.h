#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/endpoint.h"
#include "cmd/cli/declare.h"
#include "cmd/options/socket.h"
#include "dns/resolver.h"
#include "net/dialer.h"

namespace tcpkit::cmd {

/// The client group.
struct ClientGroup {
  net::DialOptions dial;
  bool probe = false;  ///< only see whether there is a connection
  int retries = 0;
  std::chrono::milliseconds retry_delay{1000};

  void declare(OptionSet& set);
  /// Declares only the local end and what answers names, for attempts that are not retried.
  void declare_for_attempts(OptionSet& set);
  /// Declares --probe, for a command whose job it can replace.
  void declare_probe(OptionSet& set);
  /// --connect-timeout, which stands among the limits: after the time group.
  void declare_limit(OptionSet& set,
                     const char* text = "Limit the time of the lookup and all attempts");
  /// Throws UsageError.
  void check(const Endpoint& target, const SocketGroup& socket);
  /// Those of --resolve.
  [[nodiscard]] const std::vector<dns::FixedAnswer>& fixed_answers() const { return fixed_; }
  /// A line of warning; empty where there is none.
  [[nodiscard]] std::string warning() const;
  /// What answers names for this target.
  [[nodiscard]] std::unique_ptr<dns::Resolver> make_resolver(uv::Loop& loop,
                                                             const Endpoint& target) const;

 private:
  void declare_local_end(Group& group);
  void declare_names(Group& group);

  bool no_auto_select_family_ = false;
  bool no_names_ = false;
  enum class Which { ares, system } which_ = Which::ares;
  std::vector<Address> servers_;
  std::vector<dns::FixedAnswer> fixed_;
  std::optional<Address> local_address_;
  std::optional<int> retries_given_;
  OptionSet* set_ = nullptr;
};

}  // namespace tcpkit::cmd
