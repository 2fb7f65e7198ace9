#pragma once

#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/block_rule.h"
#include "base/peer_rules.h"
#include "cmd/cli/option_set.h"

namespace tcpkit::cmd {

/// The options of one list of rules, single ones and files, both repeatable: --block and
/// --blocklist, or --allow and --allowlist.
class RuleOptions {
 public:
  RuleOptions(std::string rule, std::string file)
      : rule_(std::move(rule)), file_(std::move(file)) {}
  void declare(OptionSet& set, const std::string& group, const std::string& rule_text,
               const std::string& file_text, std::initializer_list<Trait> traits);

  [[nodiscard]] bool given() const;
  [[nodiscard]] bool has_files() const { return !files_.empty(); }
  /// All rules, in the order of the command line; reads the files. `again`: only regular files,
  /// since a pipe has nothing to say twice. nullopt: `why` names the file and the line.
  std::optional<std::vector<BlockRule>> load(std::string& why, bool again = false) const;

 private:
  std::string rule_;
  std::string file_;
  std::vector<BlockRule> rules_;
  std::vector<std::string> files_;
  OptionSet* set_ = nullptr;
};

/// The rules of a command; nullptr where no option of the lists was given. `allow` may be null.
/// Reads the files; throws UsageError.
std::shared_ptr<const PeerRules> read_peer_rules(const RuleOptions& block,
                                                 const RuleOptions* allow);

/// The same again, for a reload. nullptr: `why` names the file and the line.
std::shared_ptr<const PeerRules> reread_peer_rules(const RuleOptions& block,
                                                   const RuleOptions& allow, std::string& why);

}  // namespace tcpkit::cmd
