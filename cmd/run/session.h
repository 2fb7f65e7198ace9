#pragma once

#include <chrono>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "cmd/options/dump.h"
#include "cmd/options/trace.h"
#include "cmd/run/client_failures.h"
#include "cmd/run/console.h"
#include "cmd/run/exit.h"
#include "cmd/run/watchdog.h"
#include "diagram/sink.h"
#include "net/engine.h"
#include "uv/hooks.h"
#include "uv/limit.h"
#include "uv/timer.h"
#include "watch/kernel.h"
#include "watch/wire.h"

namespace tcpkit::cmd {

/// The run cannot begin: one line that says why, and what to do. Exit status 1, nothing opened.
class SetupError : public std::runtime_error {
 public:
  explicit SetupError(const std::string& text) : std::runtime_error(text) {}
};

/// One run of a command: loop, trace, engine, signals, the deadline, and the exit status, which the
/// first cause decides and a signal overrides.
class Session {
 public:
  /// `payload`: stdout carries payload, so that the trace's place is stderr. Opens the trace file
  /// and that of --pcap: throws std::system_error where that fails, SetupError where we may not
  /// capture. `actor`: who of a lab the session's own records are of.
  Session(std::string command, const TraceOptions& trace, bool payload, std::size_t read_size,
          std::chrono::milliseconds deadline, std::string_view actor = {});
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  net::Engine& engine() { return *engine_; }
  uv::Loop& loop() { return loop_; }
  [[nodiscard]] bool verbose() const { return verbose_; }
  [[nodiscard]] bool traced() const;
  /// Has another tracer write into the same trace: that of a lab's actor.
  void join_trace(trace::Tracer& tracer) const;
  /// Has the segments of another engine's connections captured, too, where they are.
  void join_network(net::Engine& engine);
  /// Null if nothing is captured.
  [[nodiscard]] watch::Wire* wire() const { return wire_.get(); }

  /// Writes the payload of all connections to the files of --hexdump and --record. Before there is
  /// a connection. Throws std::system_error.
  void dump(const DumpGroup& options);

  /// Has the kernel's records told, for a script that looks at them where no trace does. Before
  /// there is a connection.
  void watch_kernel() { watch_kernel(watch::Kernel::Scope::layer); }
  /// At least the records of keep-alive probes and retransmissions, for a command that is about
  /// them. Before there is a connection.
  const watch::Kernel& watch_probes();

  /// A line for people that changes nothing.
  void say(const std::string& text) { console_->say(text); }
  /// The first cause: says `text` and keeps `status`. Later ones are not said again: they follow
  /// from the first.
  void fail(Exit status, const std::string& text);
  /// The same while it is stopping already: bytes of stdin are lost whatever the cause.
  void fail_late(const std::string& text);
  /// How the whole run went, without a line: keeps `status`, unless there is a cause already.
  void conclude(Exit status, const std::string& reason);
  /// A step failed: always said, and status 8, unless there is a cause already.
  void fail_step(const std::string& text);
  /// Of one of many connections: said, without a status.
  void complain(const std::string& text) { console_->say(text); }
  /// The same of a client of a server for many: not more than a line a second.
  void complain_of_client(const std::string& text) { client_failures_.add(text); }
  [[nodiscard]] bool stopping() const { return stopping_; }

  /// What a command does when the program shall end: stop reading stdin, end its connections.
  std::function<void()> on_stop;
  /// What it does when it must end now: give up what waits for a slow stdout.
  std::function<void()> on_abandon;

  /// What failed last and was tried again, in words for the line about the deadline; or empty.
  std::function<std::string()> last_failure;

  /// What a command does once nothing is left, before the trace's last record.
  std::function<void()> on_over;

  /// What a command does at SIGHUP instead of ending; to be set before run().
  std::function<void()> on_hangup;

  /// When the program shall end, connections go on until they end by themselves, at most so long.
  void let_go_on(std::chrono::milliseconds most) {
    lets_go_on_ = true;
    most_draining_ = most;
  }
  [[nodiscard]] bool lets_go_on() const { return lets_go_on_; }
  /// Ends in order: no new clients, queued bytes and FIN go out, what comes is drained, 2 s at
  /// most.
  void stop();
  /// stdout could not be written: quietly for EPIPE, with a line and status 1 for the rest.
  void output_failed(int err);

  /// Runs until nothing is left, and writes the trace's last record. The exit status.
  int run();
  /// The same, as far as it is known.
  [[nodiscard]] int status() const { return status_; }

 private:
  std::unique_ptr<trace::Writer> open_writer(const std::string& file, bool payload,
                                             bool append = false);
  std::unique_ptr<trace::Writer> open_stdout();
  void open_trace(const TraceOptions& options, bool payload);
  void open_summaries(const std::string& command, const TraceOptions& options, bool payload);
  void add_sink(const TraceOptions& options, std::shared_ptr<trace::Sink> sink);
  void finish_trace();
  /// `fd`: of the file `pcap`; -1: none.
  void open_capture(const std::string& pcap, int fd);
  void on_signal(int signum);
  void on_deadline();
  void watch_kernel(watch::Kernel::Scope scope);
  void destroy_all();
  void write_failed(const std::string& what, int err);
  [[noreturn]] void end_now(int status);
  void set_status(int status, const std::string& reason);
  /// Where there is a trace.
  void emit_note(record::Body body);
  /// The trace's last record.
  void report_exit();

  trace::Tracer tracer_;
  std::shared_ptr<diagram::Sink> diagram_;  ///< also in the tracer
  std::vector<std::shared_ptr<trace::Sink>> sinks_;
  std::shared_ptr<trace::Sink> summaries_;  ///< where no trace shows them; may be null
  trace::Layers layers_;
  std::shared_ptr<trace::Tracer::Taught> taught_;  ///< null without --explain
  uv::Loop loop_;
  std::unique_ptr<watch::Kernel> kernel_;
  std::unique_ptr<Console> console_;
  ClientFailures client_failures_{loop_, [this](const std::string& text) { console_->say(text); }};
  std::unique_ptr<net::Engine> engine_;
  std::unique_ptr<watch::Wire> wire_;
  std::chrono::milliseconds deadline_;
  std::unique_ptr<uv::Timer> deadline_timer_;
  std::unique_ptr<uv::Limit> drain_timer_;
  Watchdog watchdog_;
  std::list<uv::Signal> signals_;
  std::chrono::milliseconds most_draining_{2000};
  bool lets_go_on_ = false;
  bool verbose_;
  bool traced_ = false;
  bool stopping_ = false;
  bool over_ = false;  ///< nothing runs any more: there is nothing to stop
  bool signalled_ = false;
  int status_ = 0;
  std::optional<std::string> reason_;  ///< of a status that is not 0
};

/// When the program started; main sets it before anything else.
void set_epoch(record::Epoch value);

}  // namespace tcpkit::cmd
