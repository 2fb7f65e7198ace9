#include "cmd/blocklist_check.h"

#include <iterator>
#include <utility>

#include "base/append.h"
#include "base/escape.h"
#include "base/ip_number.h"
#include "base/text.h"

namespace tcpkit::cmd {

void BlocklistCheck::ask(std::string_view address) {
  questions_[asked_++].text = address;
  if (asked_ == questions_.size()) answer();
}

void BlocklistCheck::ask_lines(std::string_view lines) {
  for (std::string_view line; next_line(lines, line);)
    ask(strip_blanks(line));
}

void BlocklistCheck::answer() {
  const auto begin = questions_.begin();
  const auto end = begin + static_cast<std::ptrdiff_t>(std::exchange(asked_, 0));
  for (auto q = begin; q != end; ++q)
    q->address = parse_ip_number(q->text);
  for (auto q = begin; q != end; ++q)
    if (q->address) q->rule = list_.find_index(*q->address);
  for (auto q = begin; q != end; ++q)
    if (q->address && q->rule != BlockList::none) __builtin_prefetch(&list_.rules()[q->rule]);
  for (auto q = begin; q != end; ++q)
    put(*q);
}

void BlocklistCheck::put(const Question& question) {
  ++number_;
  if (!question.address) {
    any_bad_ = true;
    append_format(complaints_,
                  "tcpkit blocklist check: {} {}: '{}' is not an address; write e.g. 192.0.2.1 or "
                  "2001:db8::1\n",
                  kind_, number_, display_start(question.text));
    return;
  }
  answers_ += question.text;
  if (question.rule == BlockList::none) {
    answers_ += "\tallowed\t-\n";
    return;
  }
  any_blocked_ = true;
  answers_ += "\tblocked\t";
  append_block_rule(answers_, list_.rules()[question.rule]);
  answers_ += '\n';
}

}  // namespace tcpkit::cmd
