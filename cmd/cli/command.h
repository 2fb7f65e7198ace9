#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/candidate.h"
#include "cmd/cli/option_set.h"

namespace tcpkit::cmd {

/// One subcommand while it is read and run: options, arguments, work.
class Program {
 public:
  Program() = default;
  virtual ~Program() = default;
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  /// Declares the options, in groups; each writes into this object when parsed.
  virtual void declare(OptionSet& set) = 0;
  /// Takes the arguments that are no options, and checks everything against everything. Throws
  /// UsageError; opens nothing.
  virtual void accept(const std::vector<std::string>& arguments) = 0;
  /// True where no word at all means: read stdin, which is not a terminal.
  [[nodiscard]] virtual bool reads_stdin() const { return false; }
  /// Does the work; the exit status.
  virtual int run() = 0;
};

/// A row of the table of commands: all that help, completions and main know of one.
struct Command {
  std::string_view name;
  std::string_view arguments;
  std::string_view summary;
  std::array<std::string_view, 2> examples;
  std::unique_ptr<Program> (*make)();
  /// Words that its first argument may be, beside those in `arguments`, for completions; null:
  /// none.
  std::vector<Candidate> (*words)() = nullptr;
};

/// All commands, in the order of the help.
const std::vector<Command>& commands();
/// nullptr where there is none of that name.
const Command* find_command(std::string_view name);

std::unique_ptr<Program> make_connect();
std::unique_ptr<Program> make_listen();
std::unique_ptr<Program> make_echo();
std::unique_ptr<Program> make_relay();
std::unique_ptr<Program> make_ping();
std::unique_ptr<Program> make_half_close();
std::unique_ptr<Program> make_reset();
std::unique_ptr<Program> make_keepalive();
std::unique_ptr<Program> make_blocklist();
std::unique_ptr<Program> make_scan();
std::unique_ptr<Program> make_read();
std::unique_ptr<Program> make_lab();
std::unique_ptr<Program> make_diagram();
std::unique_ptr<Program> make_explain();
std::unique_ptr<Program> make_address();
std::unique_ptr<Program> make_completion();

/// The labs that are built in.
std::vector<Candidate> lab_names();
/// What `explain` knows, without the options.
std::vector<Candidate> explained_words();

}  // namespace tcpkit::cmd
