#include "cmd/options/exec.h"

#include <fmt/core.h>
#include <unistd.h>

#include <cstdlib>
#include <sstream>

#include "base/error.h"
#include "base/escape.h"
#include "cmd/cli/declare.h"
#include "cmd/cli/refuse.h"
#include "cmd/cli/usage_error.h"
#include "script/words.h"

namespace tcpkit::cmd {
namespace {

/// As execvp(3) looks it up. A positive errno if nothing can be run.
int find_program(const std::string& name) {
  if (name.find('/') != std::string::npos) return ::access(name.c_str(), X_OK) == 0 ? 0 : errno;
  const char* path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "/bin:/usr/bin" : path);
  int err = ENOENT;
  for (std::string folder; std::getline(folders, folder, ':');) {
    if (::access(((folder.empty() ? "." : folder) + "/" + name).c_str(), X_OK) == 0) return 0;
    if (errno == EACCES) err = EACCES;
  }
  return err;
}

}  // namespace

void ExecGroup::declare(OptionSet& set) {
  set_ = &set;
  Group g(set, "Server");
  g.string("--exec", "CMD", command_, "Let this program serve each connection (no shell)")
      .with({Trait::of_program});
  g.string("--sh-exec", "CMD", shell_command_, "The same, run by sh -c").with({Trait::of_program});
}

void ExecGroup::check() {
  refuse_both(*set_, "--exec", "--sh-exec");
  const bool shell = set_->has("--sh-exec");
  const std::string& command = shell ? shell_command_ : command_;
  const std::string option = shell ? "--sh-exec" : "--exec";
  if (!shell && !set_->has("--exec")) return;
  if (script::trim(command).empty()) {
    throw UsageError(option + ": the command is empty; write e.g. " + option + " 'cat -n'");
  }
  if (shell) {
    words_ = {"/bin/sh", "-c", command};
    return;
  }
  std::string why;
  const auto words = script::read_words(command, why);
  if (!words) throw UsageError("--exec: " + why);
  for (const script::Word& word : *words)
    words_.push_back(word.whole());
  if (words_.empty()) throw UsageError("--exec: the command is empty; write e.g. --exec 'cat -n'");
  if (const int err = find_program(words_.front()); err != 0) {
    throw UsageError(fmt::format("--exec: cannot run '{}': {}; name a program, or write --sh-exec",
                                 display(words_.front()), errno_text(err)));
  }
}

}  // namespace tcpkit::cmd
