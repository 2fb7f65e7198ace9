#include "cmd/completion.h"

#include <fmt/core.h>
#include <unistd.h>

#include "base/error.h"
#include "base/escape.h"
#include "cmd/cli/command.h"
#include "cmd/cli/declare.h"
#include "cmd/cli/usage_error.h"
#include "cmd/run/exit.h"
#include "trace/writer.h"

namespace tcpkit::cmd {
namespace {

class CompletionCommand : public Program {
 public:
  void declare(OptionSet& /*set*/) override {}

  void accept(const std::vector<std::string>& arguments) override {
    if (arguments.empty()) throw UsageError("the shell is missing; e.g. tcpkit completion bash");
    if (arguments.size() > 1) {
      throw UsageError(fmt::format("unexpected argument '{}'; completion takes one shell",
                                   display(arguments[1])));
    }
    const std::string& shell = arguments.front();
    std::vector<std::string> shells;
    for (const CompletionFile& file : completion_files()) {
      if (file.shell == shell) content_ = file.content;
      shells.emplace_back(file.shell);
    }
    if (content_.empty())
      throw UsageError(not_one_of(shell, shells) + "; e.g. tcpkit completion bash");
  }

  int run() override {
    const int err = trace::write_all(STDOUT_FILENO, content_);
    if (err == 0 || err == EPIPE) return static_cast<int>(Exit::done);
    trace::write_all(STDERR_FILENO,
                     "tcpkit completion: cannot write stdout: " + errno_text(err) + "\n");
    return static_cast<int>(Exit::failure);
  }

 private:
  std::string_view content_;
};

}  // namespace

std::unique_ptr<Program> make_completion() {
  return std::make_unique<CompletionCommand>();
}

}  // namespace tcpkit::cmd
