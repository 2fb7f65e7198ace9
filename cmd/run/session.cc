#include "cmd/run/session.h"

#include <fmt/core.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <system_error>
#include <utility>

#include "base/duration.h"
#include "base/escape.h"
#include "cmd/run/invocation.h"
#include "cmd/run/trace_files.h"
#include "net/listener.h"
#include "net/socket.h"
#include "os/capture.h"

namespace tcpkit::cmd {
namespace {

record::Epoch& epoch() {
  static record::Epoch value = record::Epoch::now();
  return value;
}

/// Each connection is a descriptor: take as many as we may.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

/// Capturing needs a library and a privilege. Without them nothing is opened, so that no half of a
/// run is lost.
void check_capture() {
  const auto refusal = os::Capture::refusal();
  if (!refusal) return;
  static constexpr std::string_view remedy =
      "; that needs CAP_NET_RAW: either sudo setcap cap_net_raw+ep $(command -v tcpkit), or both "
      "ends in a network of your own, where you have it: unshare -Urn (and there: ip link set lo "
      "up), or tcpkit lab";
  throw SetupError(fmt::format("cannot capture segments: {}{}", refusal->why,
                               refusal->capability ? remedy : ""));
}

}  // namespace

void set_epoch(record::Epoch value) {
  epoch() = value;
}

Session::Session(std::string command, const TraceOptions& trace, bool payload,
                 std::size_t read_size, std::chrono::milliseconds deadline, std::string_view actor)
    : tracer_(epoch(), actor), deadline_(deadline), verbose_(trace.verbose) {
  if (trace.captures()) check_capture();
  traced_ = trace.enabled();
  const int pcap = trace.pcap.empty() ? -1 : create_file(trace.pcap);  // before a trace begins
  bool json_on_stderr = false;
  if (trace.enabled()) {
    json_on_stderr = trace.is_json() && (trace.file.empty() ? payload : trace.file == "fd:2");
    open_trace(trace, payload);
  }
  open_summaries(command, trace, payload);
  join_trace(tracer_);
  emit_note(run_record());
  console_ = std::make_unique<Console>(std::move(command), tracer_, json_on_stderr);
  raise_descriptor_limit();
  // A background job of an interactive shell goes on: it does not read the terminal, and what it
  // writes comes out even after `stty tostop`.
  ::signal(SIGTTIN, SIG_IGN);
  ::signal(SIGTTOU, SIG_IGN);
  engine_ = std::make_unique<net::Engine>(loop_, tracer_, read_size);
  if (trace.captures()) open_capture(trace.pcap, pcap);
  if (trace.kernel()) watch_kernel();
}

const watch::Kernel& Session::watch_probes() {
  watch_kernel(watch::Kernel::Scope::probes);
  return *kernel_;
}

void Session::watch_kernel(watch::Kernel::Scope scope) {
  if (kernel_) return;
  kernel_ = std::make_unique<watch::Kernel>(loop_, tracer_, wire_.get(), scope);
  engine_->add(kernel_.get());
}

Session::~Session() {
  if (!over_) report_exit();
  // The status has been reported: a signal that comes now must not change it.
  sigset_t signals;
  ::sigemptyset(&signals);
  for (const int signum : {SIGINT, SIGTERM, SIGHUP, SIGUSR1})
    ::sigaddset(&signals, signum);
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  drain_timer_.reset();
  deadline_timer_.reset();
  signals_.clear();
  kernel_.reset();
  wire_.reset();
  engine_.reset();
}

void Session::fail(Exit status, const std::string& text) {
  if (status_ != 0 || stopping_) return;
  set_status(static_cast<int>(status), text);
  console_->say(text);
}

void Session::conclude(Exit status, const std::string& reason) {
  if (status_ == 0 && !stopping_) set_status(static_cast<int>(status), reason);
}

void Session::set_status(int status, const std::string& reason) {
  status_ = status;
  reason_ = reason;
}

void Session::fail_step(const std::string& text) {
  if (stopping_) return;
  if (status_ == 0) set_status(static_cast<int>(Exit::expectation), text);
  console_->say(text);
}

void Session::output_failed(int err) {
  if (err != EPIPE) return write_failed("stdout", err);
  stop();
}

void Session::fail_late(const std::string& text) {
  if (status_ != 0) return;
  set_status(static_cast<int>(Exit::failure), text);
  console_->say(text);
}

/// Even at the end, where nothing else can fail any more.
void Session::write_failed(const std::string& what, int err) {
  fail_late(fmt::format("cannot write {}: {}", what, errno_text(err)));
  stop();
}

void Session::stop() {
  if (over_ || std::exchange(stopping_, true)) return;
  engine_->set_ending();
  for (net::Listener* listener : engine_->listeners())
    listener->close();
  for (net::Socket* socket : engine_->sockets()) {
    if (socket->connecting()) socket->destroy();
  }
  if (on_stop) on_stop();
  for (net::Socket* socket : engine_->sockets()) {
    if (lets_go_on_) break;
    socket->end();
    socket->resume();
    socket->resume(net::Socket::Pauser::user);
  }
  drain_timer_ = std::make_unique<uv::Limit>(loop_, [this] { destroy_all(); });
  drain_timer_->unref();
  drain_timer_->start(most_draining_);
}

void Session::destroy_all() {
  for (net::Socket* socket : engine_->sockets())
    socket->destroy();
  if (on_abandon) on_abandon();
}

void Session::on_signal(int signum) {
  static constexpr int signalled = 128;
  watchdog_.heard();
  if (signum == SIGHUP && on_hangup) return on_hangup();
  if (std::exchange(signalled_, true)) end_now(status_);
  // A script that failed has failed, whoever stops it.
  const std::string ended = fmt::format("ended by SIG{}", ::sigabbrev_np(signum));
  if (status_ != static_cast<int>(Exit::expectation)) set_status(signalled + signum, ended);
  const auto sockets = engine_->sockets();
  const auto open = std::count_if(sockets.begin(), sockets.end(),
                                  [](const net::Socket* s) { return s->connected(); });
  std::string rest;
  if (open > 0) {
    rest = fmt::format(
        "; waiting up to {} for {} connection{} to close; a second signal ends the program at once",
        format_duration(most_draining_), open, open == 1 ? "" : "s");
  } else if (last_failure) {
    if (const std::string before = last_failure(); !before.empty())
      rest = "; before that: " + before;
  }
  console_->say(ended + rest);
  stop();
}

void Session::on_deadline() {
  watchdog_.heard();
  const std::string before = last_failure ? last_failure() : std::string();
  fail(Exit::timed_out, fmt::format("the deadline of {} has passed{}{}", format_duration(deadline_),
                                    before.empty() ? "" : "; before that: ", before));
  stopping_ = true;
  static constexpr auto kind = record::ev::TimeoutKind::deadline;
  for (net::Listener* listener : engine_->listeners()) {
    listener->report_timeout(kind, deadline_, "--deadline");
    listener->close();
  }
  for (net::Socket* socket : engine_->sockets()) {
    socket->report_timeout(kind, deadline_, "--deadline");
    socket->destroy();
  }
  if (on_stop) on_stop();
  if (on_abandon) on_abandon();
}

void Session::end_now(int status) {
  client_failures_.flush();
  report_exit();
  finish_trace();
  ::_exit(status);
}

int Session::run() {
  for (const int signum : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction old {};
    ::sigaction(signum, nullptr, &old);
    // nohup(1): whoever started us does not want this one to end us.
    if (signum == SIGHUP && old.sa_handler == SIG_IGN && !on_hangup) continue;
    signals_.emplace_back(loop_, signum, [this, signum] { on_signal(signum); });
    if (signum != SIGHUP || !on_hangup) watchdog_.guard(signum);
  }
  signals_.emplace_back(loop_, SIGUSR1, [this] {
    for (net::Socket* s : engine_->sockets()) {
      s->report_counters();
      if (traced_) continue;
      say(fmt::format("connection {}: received {}, sent {}, {} in our queue", s->number(),
                      s->bytes_read(), s->bytes_written() - s->writable_length(),
                      s->writable_length()));
    }
  });
  if (deadline_.count() > 0) {
    deadline_timer_ = std::make_unique<uv::Timer>(loop_, [this] { on_deadline(); });
    deadline_timer_->unref();
    const std::chrono::nanoseconds spent(uv_hrtime() - tracer_.epoch().monotonic_ns);
    const auto left = deadline_ - std::chrono::duration_cast<std::chrono::milliseconds>(spent);
    deadline_timer_->start(std::max(left, std::chrono::milliseconds(0)));
    watchdog_.guard_deadline(std::max(left, std::chrono::milliseconds(0)),
                             static_cast<int>(Exit::timed_out));
  }
  loop_.run();
  client_failures_.flush();
  if (wire_) {
    wire_->linger();
    loop_.run();
    wire_->finish();
  }
  over_ = true;
  finish_trace();
  if (on_over) on_over();
  report_exit();
  return status_;
}

}  // namespace tcpkit::cmd
