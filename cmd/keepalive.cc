#include <fmt/format.h>

#include "base/duration.h"
#include "base/escape.h"
#include "cmd/declare.h"
#include "cmd/lifecycle.h"
#include "cmd/usage_error.h"
#include "os/keepalive_watch.h"

namespace tcpkit::cmd {
namespace {

/// Lets the kernel probe a silent connection, and tells of each probe and its answer.
class KeepAlive : public LifecycleCommand {
 public:
  KeepAlive() : LifecycleCommand("keepalive") {}

  void declare(CLI::App& app) override {
    Group g(app, "Keepalive");
    g.duration("--idle", idle_, "Silence before the first probe (2s)");
    g.duration("--interval", interval_, "Time between unanswered probes (1s)");
    g.integer("--count", count_, 1, 127, "Unanswered probes that end the connection (3)");
    g.duration("--for", for_, "End the connection after this time");
    g.list("--send", "TEXT", send_, unescape,
           "Send this first: with --user-timeout, data in flight (repeatable; C escapes)");
    LifecycleCommand::declare(app);
  }

  void accept(const std::vector<std::string>& arguments) override {
    for (const char* name : {"--keep-alive", "--keep-alive-interval", "--keep-alive-count"}) {
      if (app().count(name) > 0) {
        throw UsageError(fmt::format("{}: write --idle, --interval and --count here", name));
      }
    }
    options_.idle = whole_seconds("--idle", idle_);
    options_.interval = whole_seconds("--interval", interval_);
    options_.count = count_.value_or(3);
    LifecycleCommand::accept(arguments);
    if (app().count("--layers") == 0) trace_options().layers.add(trace::Layer::kernel);
  }

  void on_end(net::Socket& socket) override { socket.end(); }

 protected:
  void on_open(net::Socket& socket) override;
  void on_stop() override;
  trace::note::Summary summarise(net::Socket& socket) override;
  Exit status_of(const Error& error) override;
  void adjust(net::Socket::Options& options) const override {
    options.socket.keep_alive = options_;
  }

 private:
  void on_probe(net::Socket& socket, int unanswered);
  void on_answer(net::Socket& socket);
  [[nodiscard]] std::string theory() const;

  std::chrono::milliseconds idle_{2000};
  std::chrono::milliseconds interval_{1000};
  std::optional<int> count_;
  std::chrono::milliseconds for_{0};
  std::vector<std::string> send_;
  net::KeepAlive options_;

  std::unique_ptr<os::KeepaliveWatch> watch_;
  std::unique_ptr<uv::Timer> end_timer_;
  std::int64_t probes_ = 0;
  std::int64_t answers_ = 0;
  std::uint64_t noticed_after_ns_ = 0;
};

void KeepAlive::on_open(net::Socket& socket) {
  if (socket.is_unix()) {
    session().fail(Exit::failure, "a Unix socket has no keep-alive");
    return session().stop();
  }
  for (const std::string& text : send_)
    socket.write(text);
  note(fmt::format("a silent peer is probed after {}; a dead one is found out after {}",
                   format_duration(idle_), theory()));
  watch_ = std::make_unique<os::KeepaliveWatch>(
      session().loop(), socket.fd(), std::min(idle_, interval_),
      os::KeepaliveWatch::Callbacks{[this, &socket](int n) { on_probe(socket, n); },
                                    [this, &socket] { on_answer(socket); }});
  if (for_.count() == 0) return;
  end_timer_ = std::make_unique<uv::Timer>(session().loop(), [this] { session().stop(); });
  end_timer_->start(for_);
}

void KeepAlive::on_probe(net::Socket& socket, int unanswered) {
  ++probes_;
  socket.emit(trace::kernel::KeepaliveProbe{unanswered, false});
}

void KeepAlive::on_answer(net::Socket& socket) {
  ++probes_;
  ++answers_;
  socket.emit(trace::kernel::KeepaliveProbe{1, true});
  socket.emit(trace::kernel::KeepaliveAck{});
  if (answers_ != 2) return;
  note(fmt::format(
      "an answer starts the idle time again: answered probes repeat every {} (idle), and "
      "the interval of {} spaces unanswered ones only",
      format_duration(idle_), format_duration(interval_)));
}

std::string KeepAlive::theory() const {
  const auto total = idle_ + interval_ * *options_.count;
  return fmt::format("idle {} + interval {} x count {} = {}", format_duration(idle_),
                     format_duration(interval_), *options_.count, format_duration(total));
}

void KeepAlive::on_stop() {
  if (watch_) watch_->stop();
  if (end_timer_) end_timer_->stop();
}

Exit KeepAlive::status_of(const Error& error) {
  if (error.code == "ETIMEDOUT" && watch_) noticed_after_ns_ = uv_hrtime() - watch_->last_heard();
  return exit_of(error);
}

trace::note::Summary KeepAlive::summarise(net::Socket& /*socket*/) {
  trace::note::Summary summary;
  summary.text = fmt::format("{} probes, {} answered", probes_, answers_);
  const auto& limit = socket_options().options.socket.user_timeout;
  if (noticed_after_ns_ != 0) {
    summary.text += fmt::format(
        "; the dead peer was found out {:.3f} s after it was last heard ({})",
        static_cast<double>(noticed_after_ns_) / 1e9,
        limit ? fmt::format("--user-timeout {}, looked at when a probe or a retransmission is due",
                            format_duration(*limit))
              : "theory: " + theory());
  }
  const auto total = idle_ + interval_ * *options_.count;
  summary.figures = {{"probes", probes_},
                     {"answered", answers_},
                     {"theoryMs", static_cast<std::int64_t>(total.count())}};
  if (noticed_after_ns_ != 0) {
    summary.figures.emplace_back("noticedMs",
                                 static_cast<std::int64_t>(noticed_after_ns_ / 1'000'000));
  }
  return summary;
}

}  // namespace

std::unique_ptr<Program> make_keepalive() {
  return std::make_unique<KeepAlive>();
}

}  // namespace tcpkit::cmd
