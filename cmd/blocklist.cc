#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>

#include "base/block_list.h"
#include "base/escape.h"
#include "base/nearest.h"
#include "cmd/blocklist_check.h"
#include "cmd/cli/command.h"
#include "cmd/cli/usage_error.h"
#include "cmd/run/describe.h"
#include "cmd/run/server.h"
#include "cmd/run/server_command.h"
#include "flow/discard.h"
#include "stdio/lines.h"
#include "trace/writer.h"

namespace tcpkit::cmd {
namespace {

constexpr std::array<std::string_view, 3> jobs{"check", "rules", "serve"};

/// Three small commands with one set of options, of which `check` and `rules` take two.
class Blocklist : public ServerCommand {
 public:
  Blocklist() : ServerCommand("blocklist serve", false, false) { trace().on_by_default(); }
  void declare(OptionSet& set) override {
    set_ = &set;
    ServerCommand::declare(set);
  }
  void accept(const std::vector<std::string>& arguments) override;
  int run() override;

 private:
  void refuse_options_of_serve() const;
  int check();
  int print_rules();
  int serve();

  OptionSet* set_ = nullptr;
  std::string job_;
  std::vector<std::string> addresses_;
  std::vector<BlockRule> rules_;
};

void Blocklist::accept(const std::vector<std::string>& arguments) {
  if (arguments.empty()) {
    throw UsageError("say what to do: check, rules or serve; e.g. tcpkit blocklist check 10.0.0.1");
  }
  job_ = arguments.front();
  const std::vector<std::string> rest(arguments.begin() + 1, arguments.end());
  if (job_ == "serve") return ServerCommand::accept(rest);
  if (std::find(jobs.begin(), jobs.end(), job_) == jobs.end()) {
    const std::string_view near = nearest(job_, {jobs.begin(), jobs.end()});
    throw UsageError(fmt::format("'{}' is not one of check, rules, serve{}", display(job_),
                                 near.empty() ? "" : fmt::format("; did you mean {}?", near)));
  }
  refuse_options_of_serve();
  if (job_ == "rules" && !rest.empty()) {
    throw UsageError(
        fmt::format("unexpected argument '{}'; rules come from --block RULE and --blocklist FILE",
                    display(rest.front())));
  }
  addresses_ = rest;
  std::string why;
  auto rules = socket().block.load(why);
  if (!rules) throw UsageError(why);
  rules_ = std::move(*rules);
}

void Blocklist::refuse_options_of_serve() const {
  for (const std::string& name : set_->given()) {
    if (set_->is(name, Trait::about_rules)) continue;
    throw UsageError(fmt::format("{} is for blocklist serve; leave it out", name));
  }
}

/// False where the program must end with `status`.
bool write_out(const std::string& text, Exit& status) {
  const int err = trace::write_all(STDOUT_FILENO, text);
  if (err == 0) return true;
  status = err == EPIPE ? Exit::done : Exit::failure;
  if (err != EPIPE) {
    trace::write_all(STDERR_FILENO,
                     "tcpkit blocklist: cannot write stdout: " + errno_text(err) + "\n");
  }
  return false;
}

int Blocklist::check() {
  const BlockList list(std::move(rules_));
  BlocklistCheck check(list, addresses_.empty() ? "line" : "argument");
  Exit status = Exit::done;
  const auto flush = [&] {
    check.answer();
    const bool written = write_out(check.answers(), status);
    trace::write_all(STDERR_FILENO, check.complaints());
    check.answers().clear();
    check.complaints().clear();
    return written;
  };
  ssize_t n = 0;
  if (addresses_.empty()) {
    stdio::Lines input(STDIN_FILENO);
    std::string_view lines;
    while ((n = input.next(lines)) > 0) {
      check.ask_lines(lines);
      if (!flush()) return static_cast<int>(status);
    }
  }
  for (const std::string& address : addresses_)
    check.ask(address);
  if (!flush()) return static_cast<int>(status);
  if (n < 0) {
    trace::write_all(STDERR_FILENO, fmt::format("tcpkit blocklist check: cannot read stdin: {}\n",
                                                errno_text(static_cast<int>(-n))));
    return static_cast<int>(Exit::failure);
  }
  if (check.any_bad()) return static_cast<int>(Exit::usage);
  return static_cast<int>(check.any_blocked() ? Exit::blocked : Exit::done);
}

int Blocklist::print_rules() {
  static constexpr std::size_t block = 65536;
  Exit status = Exit::done;
  std::string out;
  // Newest first, as Node's `rules`.
  for (auto rule = rules_.rbegin(); rule != rules_.rend(); ++rule) {
    append_block_rule(out, *rule);
    out += '\n';
    if (out.size() < block) continue;
    if (!write_out(out, status)) return static_cast<int>(status);
    out.clear();
  }
  write_out(out, status);
  return static_cast<int>(status);
}

int Blocklist::serve() {
  Session session(name(), trace(), false, socket().read_buffer, time().deadline);
  flow::Hooks hooks;
  hooks.failed = [&](net::Socket& s, const Error& e) {
    session.complain_of_client(describe_lost(s, e));
  };
  flow::Discard discard(std::move(hooks));
  std::uint64_t clients = 0;
  Server server(
      session, make_server_options(), [&]() -> net::SocketHandler& { return discard; },
      [&](net::Socket&) { ++clients; });
  server.open();
  session.on_over = [&] {
    if (clients + server.blocked() == 0) return;
    session.say(fmt::format("{} let in, {} bytes received; {} blocked", clients, discard.bytes(),
                            server.blocked()));
  };
  return session.run();
}

int Blocklist::run() {
  if (job_ == "serve") return serve();
  ::signal(SIGPIPE, SIG_IGN);
  return job_ == "check" ? check() : print_rules();
}

}  // namespace

std::unique_ptr<Program> make_blocklist() {
  return std::make_unique<Blocklist>();
}

}  // namespace tcpkit::cmd
