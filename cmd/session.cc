#include "cmd/session.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <system_error>
#include <utility>

#include "base/duration.h"
#include "base/escape.h"
#include "cmd/invocation.h"
#include "net/listener.h"
#include "net/socket.h"
#include "os/capture.h"
#include "trace/json_sink.h"
#include "trace/ordered_sink.h"
#include "trace/summary_sink.h"

namespace tcpkit::cmd {
namespace {

constexpr std::chrono::seconds most_draining{2};

trace::Epoch& epoch() {
  static trace::Epoch value = trace::Epoch::now();
  return value;
}

/// Each connection is a descriptor: take as many as we may.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

/// Throws std::system_error.
int create_file(const std::string& file, bool append = false) {
  const int how = append ? O_APPEND : O_TRUNC;
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | how | O_CLOEXEC, 0666);
  if (fd < 0) throw std::system_error(errno, std::system_category(), display(file));
  return fd;
}

/// The descriptor of --trace-file, and whether it is ours to close.
std::pair<int, bool> open_trace_file(const std::string& file, bool append) {
  if (file == "-") return {STDOUT_FILENO, false};
  if (file.starts_with("fd:")) {
    int fd = -1;
    const char* end = file.data() + file.size();
    const auto [at, err] = std::from_chars(file.data() + 3, end, fd);
    if (err == std::errc() && at == end && fd >= 0 && ::fcntl(fd, F_GETFD) >= 0) return {fd, false};
    throw std::system_error(EBADF, std::system_category(), display(file));
  }
  return {create_file(file, append), true};
}

trace::HumanSink::Style::Summaries shown_summaries(const TraceOptions& options) {
  using Summaries = trace::HumanSink::Style::Summaries;
  if (options.summary == "human" || options.verbose) return Summaries::all;
  return options.summarises() ? Summaries::connected : Summaries::none;
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

void set_epoch(trace::Epoch value) {
  epoch() = value;
}

Session::Session(std::string command, const TraceOptions& trace, bool payload,
                 std::size_t read_size, std::chrono::milliseconds deadline, std::string_view actor)
    : tracer_(epoch(), actor),
      deadline_(deadline),
      verbose_(trace.verbose),
      tells_of_probes_(trace.tells_of_probes()) {
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

void Session::watch_kernel() {
  if (kernel_) return;
  kernel_ = std::make_unique<watch::Kernel>(loop_, tracer_, wire_.get(), !tells_of_probes_);
  engine_->add(kernel_.get());
}

Session::~Session() {
  report_exit();
  drain_timer_.reset();
  deadline_timer_.reset();
  signals_.clear();
  kernel_.reset();
  wire_.reset();
  engine_.reset();
}

std::unique_ptr<trace::Writer> Session::open_writer(const std::string& file, bool payload,
                                                    bool append) {
  auto [fd, owned] = file.empty() ? std::pair{payload ? STDERR_FILENO : STDOUT_FILENO, false}
                                  : open_trace_file(file, append);
  // The payload's end closes stdout, and the trace goes on after it.
  if (payload && fd == STDOUT_FILENO) {
    if (const int copy = ::fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1); copy >= 0) {
      fd = copy;
      owned = true;
    }
  }
  return std::make_unique<trace::Writer>(fd, owned,
                                         [this](int err) { write_failed("the trace", err); });
}

std::unique_ptr<trace::Writer> Session::open_stdout() {
  return std::make_unique<trace::Writer>(STDOUT_FILENO, false,
                                         [this](int err) { output_failed(err); });
}

void Session::open_trace(const TraceOptions& options, bool payload) {
  layers_ = options.layers;
  layers_.add(trace::Layer::note);
  if (options.prints()) {
    auto writer = open_writer(options.file, payload, options.append);
    std::shared_ptr<trace::Sink> sink;
    if (options.is_json()) {
      const trace::JsonSink::Style style{options.data, options.tags, false};
      sink = std::make_shared<trace::JsonSink>(std::move(writer), tracer_.epoch(), style);
    } else {
      const trace::HumanSink::Style style{options.time, options.data,
                                          wants_colour(options.colour, writer->fd()),
                                          shown_summaries(options)};
      sink = std::make_shared<trace::HumanSink>(std::move(writer), tracer_.epoch(), style);
    }
    add_sink(options, std::move(sink));
  }
  if (options.diagram) {
    // In the place of the trace; where that is printed, too, in the command's own.
    auto writer =
        open_writer(options.prints() ? std::string() : options.file, payload, options.append);
    if (options.prints() && options.file.empty()) writer->buffer() += '\n';  // behind the records
    const auto style = ladder_style(options.time, options.colour, writer->fd());
    diagram_ = std::make_shared<diagram::Sink>(std::move(writer), tracer_.epoch(), options.data,
                                               *options.diagram, style);
    add_sink(options, diagram_);
  }
  if (options.explain) taught_ = std::make_shared<trace::Tracer::Taught>();
}

/// Summaries that no printed trace shows where they are wanted.
void Session::open_summaries(const std::string& command, const TraceOptions& options,
                             bool payload) {
  const bool printed = options.enabled() && options.prints();
  const bool json = options.summary == "json";
  if (json && !printed) {
    const trace::JsonSink::Style style{options.data, options.tags, true};
    summaries_ = std::make_shared<trace::JsonSink>(
        open_writer(options.file, payload, options.append), tracer_.epoch(), style);
  }
  if (json || !options.tells_summaries()) return;
  const bool on_stdout = !payload && (options.file.empty() || options.on_stdout());
  // The trace has them there already, or nothing but JSON may stand there.
  if (options.summarises()) {
    if (options.enabled() && on_stdout) return;
    summaries_ = std::make_shared<trace::SummarySink>(open_stdout(), "", true);
  } else if (!printed) {
    const bool asked = !options.summary.empty();
    summaries_ = std::make_shared<trace::SummarySink>(
        asked ? open_writer(options.file, payload, options.append) : open_writer("fd:2", payload),
        asked ? "" : "tcpkit " + command + ": ", false);
  } else if (options.is_json() && options.file != "fd:2" && !(payload && options.file.empty())) {
    summaries_ = std::make_shared<trace::SummarySink>(open_writer("fd:2", payload),
                                                      "tcpkit " + command + ": ", false);
  }
}

void Session::add_sink(const TraceOptions& options, std::shared_ptr<trace::Sink> sink) {
  // Kernel and wire records arrive late, also those that a lab asks for itself.
  if (options.layers.has(trace::Layer::kernel) || options.layers.has(trace::Layer::wire))
    sink = std::make_shared<trace::OrderedSink>(std::move(sink));
  sinks_.push_back(std::move(sink));
}

void Session::join_trace(trace::Tracer& tracer) const {
  for (const auto& sink : sinks_)
    tracer.add(sink, layers_);
  if (summaries_) tracer.add(summaries_, {trace::Layer::note});
  tracer.teach(taught_);
}

void Session::join_network(net::Engine& engine) {
  if (wire_) engine.add(wire_.get());
}

void Session::emit_note(trace::Body body) {
  if (tracer_.wants(trace::Layer::note)) tracer_.emit(trace::Role::none, 0, {}, std::move(body));
}

/// Behind what is told of the wire and the kernel, which is late.
void Session::report_exit() {
  if (wire_) wire_->finish();
  tracer_.flush();
  emit_note(trace::note::Exit{status_, reason_});
  tracer_.flush();
}

/// What is left of the trace, then the diagram.
void Session::finish_trace() {
  tracer_.flush();
  if (const auto drawn = std::exchange(diagram_, nullptr)) drawn->finish();
}

void Session::open_capture(const std::string& pcap, int fd) {
  std::unique_ptr<watch::PcapFile> file;
  if (fd >= 0) {
    const std::string name = display(pcap);
    file = std::make_unique<watch::PcapFile>(fd, name,
                                             [this, name](int err) { write_failed(name, err); });
  }
  wire_ = std::make_unique<watch::Wire>(
      loop_, std::move(file),
      [this](const std::string& why) {
        fail(Exit::failure, "cannot capture segments " + why);
        loop_.next_tick([this] { stop(); });
      },
      [this](const std::string& text) { say(text); });
  engine_->add(wire_.get());
}

bool Session::traced() const {
  return tracer_.shows(trace::Layer::event) || tracer_.shows(trace::Layer::call);
}

void Session::fail(Exit status, const std::string& text) {
  if (status_ != 0 || stopping_) return;
  set_status(static_cast<int>(status), text);
  console_->say(text);
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
  if (std::exchange(stopping_, true)) return;
  engine_->set_ending();
  for (net::Listener* listener : engine_->listeners())
    listener->close();
  for (net::Socket* socket : engine_->sockets()) {
    if (socket->connecting()) socket->destroy();
  }
  if (on_stop) on_stop();
  for (net::Socket* socket : engine_->sockets()) {
    socket->end();
    socket->resume();
    socket->resume(net::Socket::Pauser::user);
  }
  drain_timer_ = std::make_unique<uv::Limit>(loop_, [this] { destroy_all(); });
  drain_timer_->unref();
  drain_timer_->start(most_draining);
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
  std::string waits;
  if (open > 0) {
    waits = fmt::format(
        "; waiting up to {} for {} connection{} to close; a second signal ends the program at once",
        format_duration(most_draining), open, open == 1 ? "" : "s");
  }
  console_->say(ended + waits);
  stop();
}

void Session::on_deadline() {
  watchdog_.heard();
  const std::string before = last_failure ? last_failure() : std::string();
  fail(Exit::timed_out, fmt::format("the deadline of {} has passed{}{}", format_duration(deadline_),
                                    before.empty() ? "" : "; before that: ", before));
  stopping_ = true;
  static constexpr auto kind = trace::ev::TimeoutKind::deadline;
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
  finish_trace();
  return status_;
}

}  // namespace tcpkit::cmd
