#pragma once

#include <fmt/core.h>

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "base/duration.h"
#include "script/parse.h"
#include "script/words.h"

namespace tcpkit::script {

/// What is wrong with a step, without its line, which parse.cc adds.
class Fault : public std::runtime_error {
 public:
  explicit Fault(const std::string& what) : std::runtime_error(what) {}
};

/// The words behind a verb, taken one after another by the function that reads it.
class Arguments {
 public:
  /// `form`: how the step is written, for messages. All must outlive this object.
  Arguments(std::string_view verb, std::string_view form, const std::vector<Word>& words,
            const Dialect& dialect)
      : verb_(verb), form_(form), words_(words), dialect_(dialect) {}

  [[nodiscard]] const Dialect& dialect() const { return dialect_; }
  [[nodiscard]] std::string_view verb() const { return verb_; }
  [[nodiscard]] bool at_end() const { return at_ == words_.size(); }
  /// The next word; `what` names it where it is missing.
  const Word& next(std::string_view what) {
    if (at_end()) fail(fmt::format("{} needs {}", verb_, what));
    return words_[at_++];
  }
  std::chrono::milliseconds next_duration() {
    const Word& word = next("a DURATION");
    std::string why;
    const auto duration = parse_duration(shown(word.whole()), why);
    if (!duration || word.quoted) fail(why.empty() ? "a DURATION stands without quotes" : why);
    return *duration;
  }
  /// The verb and nothing behind it.
  void expect_end() {
    if (!at_end()) fail(fmt::format("unexpected '{}'", shown(words_[at_].whole())));
  }
  [[noreturn]] void fail(const std::string& what) const {
    throw Fault(fmt::format("{}; write: {}", what, form_));
  }

 private:
  std::string_view verb_;
  std::string_view form_;
  const std::vector<Word>& words_;
  const Dialect& dialect_;
  std::size_t at_ = 1;  // behind the verb
};

/// The steps about records (expect.cc). Throw Fault.
Action read_expect(Arguments& arguments);
Action read_refute(Arguments& arguments);

}  // namespace tcpkit::script
