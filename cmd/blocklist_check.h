#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/block_list.h"

namespace tcpkit::cmd {

/// Answers addresses with "ADDRESS<TAB>blocked|allowed<TAB>RULE" lines, many at a time. Keeps the
/// list it was given; does no I/O.
class BlocklistCheck {
 public:
  /// `kind` ("line", "argument") is for the complaint about what is no address.
  BlocklistCheck(const BlockList& list, std::string_view kind) : list_(list), kind_(kind) {}

  /// The next address; the text must stay until answer().
  void ask(std::string_view address);
  /// Whole lines, one address each; a CR and blanks around it do not count.
  void ask_lines(std::string_view lines);
  /// Answers all that was asked.
  void answer();

  /// What is to be written, and then cleared; a line each.
  std::string& answers() { return answers_; }
  std::string& complaints() { return complaints_; }
  [[nodiscard]] bool any_blocked() const { return any_blocked_; }
  [[nodiscard]] bool any_bad() const { return any_bad_; }

 private:
  struct Question {
    std::string_view text;
    std::optional<IpNumber> address;
    std::uint32_t rule = BlockList::none;
  };
  void put(const Question& question);

  const BlockList& list_;
  std::string_view kind_;
  /// The memory of a large list is far away: searches that are independent of one another and
  /// follow closely wait for it together.
  std::array<Question, 64> questions_;
  std::size_t asked_ = 0;
  std::string answers_;
  std::string complaints_;
  std::size_t number_ = 0;  ///< of the address, from 1
  bool any_blocked_ = false;
  bool any_bad_ = false;
};

}  // namespace tcpkit::cmd
