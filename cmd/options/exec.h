#pragma once

#include <string>
#include <vector>

#include "cmd/cli/option_set.h"

namespace tcpkit::cmd {

/// --exec and --sh-exec: a program that serves each connection.
class ExecGroup {
 public:
  void declare(OptionSet& set);
  /// Throws UsageError, also if there is no such program.
  void check();
  [[nodiscard]] bool given() const { return !words_.empty(); }
  /// The one that was given, for messages.
  [[nodiscard]] const char* option() const { return set_->has("--exec") ? "--exec" : "--sh-exec"; }
  /// The program and its arguments.
  [[nodiscard]] const std::vector<std::string>& words() const { return words_; }

 private:
  std::string command_;
  std::string shell_command_;
  std::vector<std::string> words_;
  OptionSet* set_ = nullptr;
};

}  // namespace tcpkit::cmd
