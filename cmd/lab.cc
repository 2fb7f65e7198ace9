#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <list>
#include <optional>
#include <system_error>

#include "base/escape.h"
#include "base/nearest.h"
#include "cmd/cli/command.h"
#include "cmd/cli/usage_error.h"
#include "cmd/options/steps.h"
#include "cmd/run/lab_cast.h"
#include "cmd/run/session.h"
#include "diagram/width.h"
#include "os/capture.h"
#include "os/namespace.h"
#include "script/lab/files.h"
#include "script/lab/parse.h"
#include "script/lab/runner.h"
#include "trace/writer.h"
#include "watch/kernel.h"

namespace tcpkit::cmd {
namespace {

/// Each line of the text in lines of at most 80 columns.
std::string wrap(std::string_view text) {
  static constexpr std::size_t columns = 80;
  std::string out;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    out += fmt::format("{}\n", fmt::join(diagram::wrap(display(line), columns), "\n"));
  }
  return out;
}

/// A folder for the Unix sockets of a lab; gone with this object.
class Folder {
 public:
  Folder() {
    if (::mkdtemp(path_.data()) == nullptr) {
      throw std::system_error(errno, std::system_category(), "a folder in /tmp");
    }
  }
  ~Folder() { ::rmdir(path_.c_str()); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_ = "/tmp/tcpkit-lab-XXXXXX";
};

/// Why there is no network of the lab's own.
std::string describe(const os::NetworkRefusal& refusal) {
  // What unshare(2) says where a limit is reached, or 0.
  const bool limited = refusal.err == ENOSPC || refusal.err == EUSERS;
  return fmt::format("{}: {}", refusal.step,
                     limited ? "no more namespaces are allowed" : errno_text(refusal.err));
}

class LabCommand : public Program {
 public:
  void declare(OptionSet& set) override {
    trace_.with_probes("call,event,kernel and, where it may be captured, wire");
    trace_.on_by_default();
    trace_.declare(set);
  }
  void accept(const std::vector<std::string>& arguments) override;
  int run() override;

 private:
  void read(const std::string& word);
  int print_list() const;
  void place_paths();
  void print(Session& session, const std::string& head, const std::string& text) const;
  void begin(Session& session, const std::optional<os::NetworkRefusal>& refusal) const;
  [[nodiscard]] bool may_run(const std::optional<os::NetworkRefusal>& refusal);
  void plan_capture(bool own_network);
  void end(Session& session) const;

  TraceOptions trace_;
  bool list_ = false;
  LabCast cast_;
  script::Lab lab_;
  std::optional<Folder> folder_;
  std::string no_capture_;                  ///< why no segments are captured; empty: they are
  std::vector<script::LabLine> unchecked_;  ///< lines that look at segments
};

void LabCommand::accept(const std::vector<std::string>& arguments) {
  trace_.check();
  if (trace_.enabled() && !trace_.is_json() && !trace_.diagram) {
    // The records, then the ladder of them.
    if (trace_.trace.empty()) trace_.trace = "human";
    trace_.diagram = diagram::Form::ladder;
  }
  if (arguments.empty()) {
    throw UsageError("the lab's name is missing; e.g. tcpkit lab lifecycle, or tcpkit lab list");
  }
  if (arguments.size() > 1) {
    throw UsageError(
        fmt::format("unexpected argument '{}'; there is one lab at a time", display(arguments[1])));
  }
  list_ = arguments.front() == "list";
  if (!list_) read(arguments.front());
}

/// A built-in lab; any other word is a file.
void LabCommand::read(const std::string& word) {
  std::string content;
  std::vector<std::string_view> names;
  for (const script::LabFile& file : script::lab_files()) {
    names.push_back(file.name);
    if (file.name == word) content = file.content;
  }
  if (content.empty()) {
    const bool is_path = word.find_first_of("/.") != std::string::npos;
    if (!is_path && ::access(word.c_str(), F_OK) != 0) {
      const std::string_view near = nearest(word, names);
      throw UsageError(
          near.empty()
              ? fmt::format("there is no lab or file '{}'; tcpkit lab list names the labs",
                            display(word))
              : fmt::format("there is no lab '{}'; did you mean {}?", display(word), near));
    }
    content = read_script("", word);
  }
  try {
    lab_ = script::parse_lab(word, content, cast_.dialect());
  } catch (const script::SyntaxError& e) {
    throw UsageError(fmt::format("{}: {}", script::place(word, e.line()), e.what()));
  }
  for (const script::LabLine& line : lab_.lines) {
    if (const auto* step = std::get_if<script::Step>(&line.action)) check_file(*step, word);
  }
}

int LabCommand::print_list() const {
  std::string text;
  for (const script::LabFile& file : script::lab_files()) {
    LabCast cast;
    const script::Lab lab = script::parse_lab(std::string(file.name), file.content, cast.dialect());
    if (!trace_.is_json()) {
      text += fmt::format("{:<22}{}\n", file.name, lab.title);
      continue;
    }
    text += R"({"name":)";
    append_json_string(text, file.name);
    text += R"(,"title":)";
    append_json_string(text, lab.title);
    text += R"(,"question":)";
    append_json_string(text, lab.question);
    text += "}\n";
  }
  const int err = trace::write_all(STDOUT_FILENO, text);
  if (err != 0 && err != EPIPE) throw SetupError("cannot write stdout: " + errno_text(err));
  return static_cast<int>(Exit::done);
}

/// Relative paths of Unix sockets are the lab's own.
void LabCommand::place_paths() {
  for (script::LabLine& line : lab_.lines) {
    auto* opening = std::get_if<script::Opening>(&line.action);
    if (opening == nullptr || opening->endpoint.kind != Endpoint::Kind::unix_path) continue;
    std::string& path = opening->endpoint.path;
    if (path.starts_with('/')) continue;
    if (!folder_) folder_.emplace();
    path.insert(0, folder_->path() + "/");
  }
}

/// A text of the lab's: a record where the trace is JSON on stdout; else `head` and the text, for
/// people.
void LabCommand::print(Session& session, const std::string& head, const std::string& text) const {
  if (text.empty()) return;
  if (trace_.enabled() && trace_.is_json() && trace_.on_stdout()) {
    session.engine().tracer().emit(record::Role::none, 0, {}, record::note::Message{text});
    return;
  }
  session.engine().tracer().flush();
  const int err = trace::write_all(STDOUT_FILENO, wrap(head + text));
  if (err != 0) session.output_failed(err);
}

void LabCommand::begin(Session& session, const std::optional<os::NetworkRefusal>& refusal) const {
  print(session, "", lab_.title);
  print(session, "", lab_.question);
  if (refusal) {
    session.say(fmt::format("no network of its own ({}): it runs on this machine's loopback{}",
                            describe(*refusal),
                            no_capture_.empty() ? "" : ", and what the wire carries is inferred"));
  } else if (!no_capture_.empty()) {
    session.say(
        fmt::format("cannot capture segments: {}; what the wire carries is inferred", no_capture_));
  }
  for (const script::LabLine& line : unchecked_) {
    session.say(fmt::format("not checked: {}: {}: no segments are captured",
                            script::place(lab_.file, line.line), script::shown(line.text)));
  }
}

void LabCommand::end(Session& session) const {
  print(session, "\n", lab_.lesson);
  print(session, "See ", lab_.see);
}

/// Without a network of its own a lab loses nothing, and stays on the loopback interface.
bool LabCommand::may_run(const std::optional<os::NetworkRefusal>& refusal) {
  if (!refusal) return true;
  std::string fault;
  std::string remedy = "run it as root";
  if (lab_.drops) {
    fault = display(lab_.file) + " loses segments on purpose and needs a network of its own, which";
  } else if (const auto outside = cast_.confine(lab_)) {
    fault = fmt::format("{}: {}: {} is outside of the loopback interface, and a network of its own",
                        script::place(lab_.file, outside->line), script::shown(outside->text),
                        outside->what);
    remedy = "write 127.0.0.1 or ::1";
  } else {
    return true;
  }
  trace::write_all(
      STDERR_FILENO,
      fmt::format("tcpkit lab: {} it does not get here ({}); {}, or allow user namespaces (sysctl "
                  "user.max_user_namespaces, kernel.unprivileged_userns_clone or "
                  "kernel.apparmor_restrict_unprivileged_userns)\n",
                  fault, describe(*refusal), remedy));
  return false;
}

/// In its own network a lab may capture, and that was asked for by asking for a lab.
void LabCommand::plan_capture(bool own_network) {
  if (!own_network) {
    if (!trace_.captures()) no_capture_ = "there is no network of its own";
  } else if (trace_.enabled() || script::looks_at_wire(lab_)) {
    if (const auto capture = os::Capture::refusal()) {
      no_capture_ = capture->why;
    } else {
      trace_.layers.add(record::Layer::wire);
    }
  }
  if (!trace_.captures()) unchecked_ = script::take_wire_lines(lab_);
}

int LabCommand::run() {
  if (list_) return print_list();
  const auto refusal = os::enter_own_network();
  if (!may_run(refusal)) return static_cast<int>(Exit::failure);
  plan_capture(!refusal);
  Session session("lab", trace_, false, 65536, std::chrono::milliseconds(0), "lab");
  place_paths();
  begin(session, refusal);
  std::list<watch::Kernel> kernels;
  const script::LabStage stage{
      [&](trace::Tracer& tracer) { session.join_trace(tracer); },
      [&](net::Engine& engine) {
        kernels.emplace_back(session.loop(), engine.tracer(), session.wire(),
                             watch::Kernel::Scope::layer);
        engine.add(&kernels.back());
        session.join_network(engine);
      },
      [this](net::Engine& engine, net::ListenerHandler& handler, const script::Opening& opening) {
        return cast_.make_listener(engine, handler, opening);
      },
      [this](net::Engine& engine, net::SocketHandler& handler, const script::Opening& opening) {
        return cast_.make_client(engine, handler, opening);
      },
  };
  bool passed = false;
  const auto stop = [&session] { session.loop().next_tick([&session] { session.stop(); }); };
  script::LabRunner runner(session.loop(), session.engine().tracer(), lab_, stage,
                           {[&](const std::string& text) {
                              session.fail_step(text);
                              stop();
                            },
                            [&](const std::string& text) {
                              session.fail(Exit::failure, text);
                              stop();
                            },
                            [&](const std::string& text) { session.say(text); },
                            [&] {
                              passed = true;
                              stop();
                            }});
  session.on_stop = [&] { runner.stop(); };
  session.on_abandon = [&] { runner.destroy(); };
  session.loop().next_tick([&] {
    if (!session.stopping()) runner.start();
  });
  session.on_over = [&] {
    if (session.status() == 0 && passed) end(session);
  };
  const int status = session.run();
  kernels.clear();
  folder_.reset();
  return status;
}

}  // namespace

std::vector<Candidate> lab_names() {
  std::vector<Candidate> names;
  for (const script::LabFile& file : script::lab_files())
    names.push_back({std::string(file.name), std::string(script::title_of(file.content))});
  return names;
}

std::unique_ptr<Program> make_lab() {
  return std::make_unique<LabCommand>();
}

}  // namespace tcpkit::cmd
