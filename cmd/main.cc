#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <csignal>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "base/error.h"
#include "cmd/cli/argv.h"
#include "cmd/cli/command.h"
#include "cmd/cli/help.h"
#include "cmd/cli/netcat.h"
#include "cmd/cli/usage_error.h"
#include "cmd/complete.h"
#include "cmd/options/trace.h"
#include "cmd/run/exit.h"
#include "cmd/run/invocation.h"
#include "cmd/run/session.h"
#include "trace/json_sink.h"
#include "trace/writer.h"

namespace {

using namespace tcpkit;
using namespace tcpkit::cmd;

using Words = std::vector<std::string>;

/// Descriptors 0 to 2 are taken, so that no socket gets their number. The modes make an empty stdin
/// of a closed one, and an error (EBADF) of payload to a closed stdout.
void open_standard_descriptors() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(fd, F_GETFD) >= 0) continue;
    const int mode = fd == STDERR_FILENO ? O_WRONLY : O_RDONLY;
    if (::open("/dev/null", mode) != fd) ::_exit(static_cast<int>(Exit::failure));
  }
}

int print(int fd, const std::string& text, Exit status) {
  const int err = trace::write_all(fd, text);
  if (err == 0 || err == EPIPE || fd != STDOUT_FILENO) return static_cast<int>(status);
  trace::write_all(STDERR_FILENO, "tcpkit: cannot write stdout: " + errno_text(err) + "\n");
  return static_cast<int>(Exit::failure);
}

/// True where stderr carries a JSON trace, as far as words that may be wrong can tell.
bool json_on_stderr(const std::string& who, const Words& words) {
  bool json = false;
  bool quiet = false;
  std::string_view trace;
  std::string_view file;
  for (std::size_t i = 0; i < words.size() && words[i] != "--"; ++i) {
    const std::string_view word = words[i];
    const std::size_t value = word.find('=') + 1;
    if (word == "--json") json = true;
    if (word == "--quiet") quiet = true;
    if (word.starts_with("--trace=")) trace = word.substr(value);
    if (word.starts_with("--trace-file=")) file = word.substr(value);
    if (word == "--trace-file" && i + 1 < words.size()) file = words[i + 1];
  }
  const bool payload = who == "connect" || who == "listen";
  return (json || trace == "json") && !quiet &&
         (file.empty() ? payload : trace_place(file) == "fd:2");
}

/// What --tag says, as far as words that may be wrong can tell.
record::Tags tags_of(const Words& words) {
  record::Tags tags;
  for (std::size_t i = 0; i < words.size() && words[i] != "--"; ++i) {
    std::string tag;
    if (words[i].starts_with("--tag=")) tag = words[i].substr(words[i].find('=') + 1);
    if (words[i] == "--tag" && i + 1 < words.size()) tag = words[i + 1];
    std::string why;
    if (auto read = parse_tag(tag, why)) tags.push_back(std::move(*read));
  }
  return merged_tags(tags);
}

/// One line, or one JSON record where stderr carries a JSON trace.
int complain(const std::string& who, const std::string& text, const Words& words, Exit status) {
  if (json_on_stderr(who, words)) {
    const record::Epoch epoch = record::Epoch::now();
    trace::Tracer tracer(epoch);
    auto writer = std::make_unique<trace::Writer>(STDERR_FILENO, false, nullptr);
    const trace::JsonSink::Style style{record::DataView::none, tags_of(words), false};
    tracer.add(std::make_shared<trace::JsonSink>(std::move(writer), epoch, style),
               {record::Layer::note});
    const auto emit = [&](record::Body body) {
      tracer.emit(record::Role::none, 0, {}, std::move(body));
    };
    emit(run_record());
    emit(record::note::Message{text});
    emit(record::note::Exit{static_cast<int>(status), text});
    tracer.flush();
    return static_cast<int>(status);
  }
  const std::string name = who.empty() ? "tcpkit" : "tcpkit " + who;
  return print(STDERR_FILENO, name + ": " + text + "\n", status);
}

int run_command(const Command& command, const Words& words) {
  const std::string name(command.name);
  set_invocation({TCPKIT_VERSION, name, words});
  const auto program = command.make();
  OptionSet set;
  program->declare(set);
  bool help = false;
  declare_help(set, help);
  std::string misplaced;  // what is then said of other words is not to the point
  try {
    const Words arguments = read_words(set, command.name, words);
    if (help) return print(STDOUT_FILENO, command_help(command, set), Exit::done);
    const bool bare =
        words.empty() && std::getenv("LISTEN_FDS") == nullptr && !program->reads_stdin();
    if (bare) return print(STDERR_FILENO, purpose(command), Exit::usage);
    misplaced = misplaced_value(set, words);
    program->accept(arguments);
  } catch (const UsageError& e) {
    return complain(name, misplaced.empty() ? e.what() : misplaced, words, Exit::usage);
  }
  try {
    return program->run();
  } catch (const SetupError& e) {
    return complain(name, e.what(), words, Exit::failure);
  } catch (const std::system_error& e) {
    return complain(name, "cannot open " + std::string(e.what()), words, Exit::failure);
  }
}

}  // namespace

int main(int argc, char** argv) {
  set_epoch(record::Epoch::now());
  open_standard_descriptors();
  ::signal(SIGPIPE, SIG_IGN);  // EPIPE says the same
  ::signal(SIGXFSZ, SIG_IGN);  // and so does EFBIG
  const Words words(argv + 1, argv + argc);
  if (words.empty()) return print(STDERR_FILENO, first_screen(), Exit::usage);
  const std::string& first = words.front();
  if (first == "--version" || first == "-V") {
    return print(STDOUT_FILENO, "tcpkit " TCPKIT_VERSION "\n", Exit::done);
  }
  const Words rest(words.begin() + 1, words.end());
  if (first == "--help" || first == "-h" || first == "help") {
    if (rest.empty() || rest.front() == "help") return print(STDOUT_FILENO, overview(), Exit::done);
    if (const Command* command = find_command(rest.front())) {
      return run_command(*command, {"--help"});
    }
    return complain("", answer_without_command(rest), words, Exit::usage);
  }
  if (first == "complete") {
    if (!rest.empty() && rest.front() == "--") return complete({rest.begin() + 1, rest.end()});
    return complain(first,
                    "the words of the command line go after --; e.g. tcpkit complete -- lab ''",
                    words, Exit::usage);
  }
  const Command* command = find_command(first);
  if (command != nullptr) return run_command(*command, rest);
  return complain("", answer_without_command(words), words, Exit::usage);
}
