#include "base/peer_rules.h"

namespace tcpkit {
namespace {

std::string_view block_option(const BlockRule& rule) {
  return rule.from_file ? "--blocklist" : "--block";
}

std::string_view allow_option(const BlockRule& rule) {
  return rule.from_file ? "--allowlist" : "--allow";
}

}  // namespace

std::string_view PeerRules::option() const {
  if (!block_.empty()) return block_option(block_.rules().front());
  return allow_option(allow_.rules().front());
}

std::optional<PeerRules::Refusal> PeerRules::check(const Address& peer) const {
  if (const BlockRule* rule = block_.find(peer)) {
    return Refusal{to_string(*rule), "block", block_option(*rule)};
  }
  if (allow_.empty() || allow_.find(peer) != nullptr) return {};
  return Refusal{{}, "allow", allow_option(allow_.rules().front())};
}

}  // namespace tcpkit
