#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/address.h"
#include "base/block_list.h"

namespace tcpkit {

/// Who may connect, or be connected to: a block list and an allow list. A block wins; an allow list
/// that has rules rejects everybody else. Made once and never changed: a reload makes a new one.
class PeerRules {
 public:
  struct Refusal {
    std::optional<std::string> rule;  ///< in Node's form; empty where only the allow list speaks
    std::string_view list;            ///< "block" or "allow"
    std::string_view option;          ///< the one that gave the rule, or the allow list
  };

  PeerRules(BlockList block, BlockList allow)
      : block_(std::move(block)), allow_(std::move(allow)) {}

  [[nodiscard]] const BlockList& block() const { return block_; }
  [[nodiscard]] const BlockList& allow() const { return allow_; }
  /// False where nobody can be refused.
  [[nodiscard]] bool active() const { return !block_.empty() || !allow_.empty(); }
  /// Of an active one: an option that makes it so.
  [[nodiscard]] std::string_view option() const;
  /// Why this peer is refused; nothing where it is welcome. A Unix socket is never asked about.
  [[nodiscard]] std::optional<Refusal> check(const Address& peer) const;

 private:
  BlockList block_;
  BlockList allow_;
};

}  // namespace tcpkit
