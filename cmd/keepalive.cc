#include <fmt/core.h>

#include <algorithm>
#include <chrono>

#include "base/duration.h"
#include "base/escape.h"
#include "cmd/cli/declare.h"
#include "cmd/cli/refuse.h"
#include "cmd/cli/usage_error.h"
#include "cmd/options/data.h"
#include "cmd/run/experiment.h"
#include "os/tcp_info.h"
#include "trace/tracer.h"
#include "watch/kernel.h"

namespace tcpkit::cmd {
namespace {

/// `then`: of uv_hrtime().
std::chrono::milliseconds since(std::uint64_t then) {
  const std::chrono::nanoseconds passed(uv_hrtime() - then);
  return std::chrono::duration_cast<std::chrono::milliseconds>(passed);
}

using Milliseconds = std::chrono::milliseconds;

/// The options of `keepalive`, parsed, and the times that follow from them.
struct KeepAliveOptions : ExperimentCommand {
  KeepAliveOptions() : ExperimentCommand("keepalive") {}

  Milliseconds idle{2000};
  Milliseconds interval{1000};
  std::optional<int> count = 3;
  Milliseconds duration{0};  ///< of --for
  std::vector<std::string> send;
  net::SocketOptions probing;

  void declare(OptionSet& set) override {
    trace_options().with_probes("call,event and the probes");
    Group g(set, "Keepalive");
    g.duration("--idle", idle, "Set the silence before the first probe (2s)");
    g.duration("--interval", interval, "Set the time between unanswered probes (1s)");
    const net::SocketOption& row = net::option_of("TCP_KEEPCNT");
    g.integer("--count", count, row.least, row.most,
              "End the connection after N unanswered probes (3)");
    g.duration("--for", duration, "End the connection after this time");
    declare_send(g, send,
                 "Send this first: with --user-timeout, data in flight (repeatable; C escapes)");
    ExperimentCommand::declare(set);
  }

  void accept(const std::vector<std::string>& arguments) override;

  [[nodiscard]] bool is_limited() const { return set().has("--for"); }
  [[nodiscard]] std::optional<Milliseconds> user_timeout() const;
  [[nodiscard]] Milliseconds silence() const;
  [[nodiscard]] std::string theory() const;

 protected:
  [[nodiscard]] std::unique_ptr<ExperimentRun> make_run(Session& session) const override;
  void adjust(net::Socket::Options& options) const override {
    for (const auto& [option, value] : probing.entries())
      options.socket.set(option->set.symbol, value);
  }

 private:
  void set_seconds(const std::string& name, Milliseconds value, std::string_view symbol);
};

/// Lets the kernel probe a silent connection, and reports each probe and its answer.
class KeepAliveRun : public ExperimentRun, private trace::Observer {
 public:
  KeepAliveRun(Session& session, const KeepAliveOptions& asked)
      : ExperimentRun(session, asked), asked_(asked), kernel_(session.watch_probes()) {
    session.engine().tracer().observe(this, {record::Layer::kernel});
  }
  ~KeepAliveRun() override { session().engine().tracer().observe(nullptr, {}); }
  KeepAliveRun(const KeepAliveRun&) = delete;
  KeepAliveRun& operator=(const KeepAliveRun&) = delete;

  void on_closing(net::Socket& socket) override;
  void on_error(net::Socket& socket, const Error& error) override;

 protected:
  void on_open(net::Socket& socket) override;
  void on_stop() override;
  void summarise(net::Socket& socket, record::Outcome& summary) override;
  Exit status_of(const Error& error) override;

 private:
  void on_record(const record::Record& record) override;
  void on_answer();
  void on_retransmit(const record::kernel::Retransmit& what);

  const KeepAliveOptions& asked_;
  const watch::Kernel& kernel_;
  std::unique_ptr<uv::Timer> end_timer_;
  std::int64_t probes_ = 0;
  std::int64_t answers_ = 0;
  std::int64_t retransmits_ = 0;
  std::uint64_t sent_at_ = 0;      ///< uv_hrtime() of --send
  Milliseconds first_timeout_{0};  ///< counted from there
  std::uint64_t last_heard_ = 0;   ///< uv_hrtime(), as of the end
  std::optional<Milliseconds> noticed_after_;
  bool window_closed_ = false;
  bool in_flight_ = false;  ///< the peer was given up over data in flight, not over probes
};

void KeepAliveOptions::accept(const std::vector<std::string>& arguments) {
  refuse(set(), Trait::about_probes, "write --idle, --interval and --count here");
  probing.set("SO_KEEPALIVE", 1);
  set_seconds("--idle", idle, "TCP_KEEPIDLE");
  set_seconds("--interval", interval, "TCP_KEEPINTVL");
  probing.set("TCP_KEEPCNT", count.value());
  ExperimentCommand::accept(arguments);
  if (is_unix()) {
    throw UsageError("a Unix socket has no keep-alive: its peer cannot vanish; write HOST:PORT");
  }
}

/// Sets an option of whole seconds from one of ours.
void KeepAliveOptions::set_seconds(const std::string& name, Milliseconds value,
                                   std::string_view symbol) {
  const net::SocketOption& option = net::option_of(symbol);
  std::string why;
  const auto seconds = net::whole_seconds(value, option.least, option.most, why);
  if (!seconds) throw UsageError(fmt::format("{}: {}", name, why));
  probing.set(symbol, *seconds);
}

void KeepAliveRun::on_open(net::Socket& socket) {
  note(fmt::format("a silent peer is probed after {}; a dead one is found out after {}",
                   format_duration(asked_.idle), asked_.theory()));
  if (!asked_.send.empty()) sent_at_ = uv_hrtime();
  for (const std::string& text : asked_.send)
    socket.write(text);
  if (!asked_.is_limited()) return;
  end_timer_ = std::make_unique<uv::Timer>(session().loop(), [this] { session().stop(); });
  end_timer_->start(asked_.duration);
}

void KeepAliveRun::on_record(const record::Record& record) {
  if (session().stopping()) return;
  if (std::holds_alternative<record::kernel::KeepaliveProbe>(record.body)) {
    ++probes_;
  } else if (std::holds_alternative<record::kernel::KeepaliveAck>(record.body)) {
    on_answer();
  } else if (const auto* resent = std::get_if<record::kernel::Retransmit>(&record.body)) {
    on_retransmit(*resent);
  }
}

void KeepAliveRun::on_answer() {
  if (++answers_ != 2) return;
  note(fmt::format(
      "an answer starts the idle time again: answered probes repeat every {} (idle), and "
      "the interval of {} spaces unanswered ones only",
      format_duration(asked_.idle), format_duration(asked_.interval)));
}

void KeepAliveRun::on_retransmit(const record::kernel::Retransmit& what) {
  retransmits_ += what.segments;
  // TCP_USER_TIMEOUT counts from the first timeout, not from a tail loss probe before it.
  if (what.count == 0 || first_timeout_.count() > 0) return;
  first_timeout_ = since(sent_at_);
  const auto limit = asked_.user_timeout();
  note("data is in flight: the kernel sends it again, and no keep-alive probes; " +
       (limit ? fmt::format("--user-timeout gives up after {}", format_duration(*limit))
              : "it gives up after tcp_retries2 times, 15 minutes or more, unless --user-timeout "
                "is set"));
}

std::optional<std::chrono::milliseconds> KeepAliveOptions::user_timeout() const {
  const int limit = socket().options.socket.number("TCP_USER_TIMEOUT").value_or(0);
  return limit > 0 ? std::optional(Milliseconds(limit)) : std::nullopt;
}

/// How long a peer can be dead at most before its probes give it away. With TCP_USER_TIMEOUT the
/// count does not matter: the kernel gives up at the first probe that is due behind that time
/// (tcp_keepalive_timer() in net/ipv4/tcp_timer.c).
std::chrono::milliseconds KeepAliveOptions::silence() const {
  const auto limit = user_timeout();
  if (!limit) return idle + interval * count.value();
  const auto behind_idle = std::max(*limit - idle, Milliseconds(1));
  return idle + interval * ((behind_idle + interval - Milliseconds(1)) / interval);
}

std::string KeepAliveOptions::theory() const {
  const std::string total = format_duration(silence());
  if (const auto limit = user_timeout()) {
    return fmt::format("{}: at the first probe due behind --user-timeout {}", total,
                       format_duration(*limit));
  }
  return fmt::format("{}: idle {} + interval {} x count {}", total, format_duration(idle),
                     format_duration(interval), count.value());
}

void KeepAliveRun::on_stop() {
  if (end_timer_) end_timer_->stop();
}

/// The kernel sent some that no sample saw: a tail loss probe is over before its timer is.
void KeepAliveRun::on_closing(net::Socket& socket) {
  if (const auto info = os::tcp_info(socket.fd()))
    retransmits_ = std::max<std::int64_t>(retransmits_, info->total_retransmits);
  const watch::KeepaliveWatch* watch = kernel_.probes(socket.number());
  if (watch == nullptr) return;
  last_heard_ = watch->last_heard();
  window_closed_ = watch->waits_for_window();
  in_flight_ = watch->in_flight() || window_closed_;
}

void KeepAliveRun::on_error(net::Socket& socket, const Error& error) {
  if (last_heard_ != 0 && status_of(error) == Exit::timed_out)
    noticed_after_ = since(in_flight_ ? sent_at_ : last_heard_);
  ExperimentRun::on_error(socket, error);
}

/// A router that cannot reach the peer any more is another word for a dead peer.
Exit KeepAliveRun::status_of(const Error& error) {
  const bool dead =
      error.code == "ETIMEDOUT" || error.code == "EHOSTUNREACH" || error.code == "ENETUNREACH";
  return dead ? Exit::timed_out : exit_of(error);
}

void KeepAliveRun::summarise(net::Socket& /*socket*/, record::Outcome& summary) {
  summary.text = fmt::format("{} probe{}, {} answered", probes_, probes_ == 1 ? "" : "s", answers_);
  if (retransmits_ > 0) summary.text += fmt::format("; {} retransmissions", retransmits_);
  summary.probes = probes_;
  summary.answered = answers_;
  summary.retransmits = retransmits_;
  if (!noticed_after_) return;
  const auto limit = asked_.user_timeout();
  const std::string noticed = format_duration(*noticed_after_);
  std::optional<Milliseconds> expected;
  if (!in_flight_) {
    expected = asked_.silence();
    summary.text += fmt::format("; the dead peer was found out {} after it was last heard ({})",
                                noticed, "theory: " + asked_.theory());
  } else {
    summary.text +=
        fmt::format("; the dead peer was found out {} after the data was sent", noticed);
    if (window_closed_) {
      summary.text += "; it waited for room at the peer, whose window was probed in place of it";
    } else if (limit) {
      expected = first_timeout_ + *limit;
      summary.text += fmt::format(
          " (theory: {}: --user-timeout {} from its first timeout on, which came after {})",
          format_duration(*expected), format_duration(*limit), format_duration(first_timeout_));
    } else {
      summary.text += " (by the system's tcp_retries2)";
    }
  }
  summary.noticed_ms = noticed_after_->count();
  if (expected) summary.theory_ms = expected->count();
  summary.in_flight = in_flight_;
}

std::unique_ptr<ExperimentRun> KeepAliveOptions::make_run(Session& session) const {
  return std::make_unique<KeepAliveRun>(session, *this);
}

}  // namespace

std::unique_ptr<Program> make_keepalive() {
  return std::make_unique<KeepAliveOptions>();
}

}  // namespace tcpkit::cmd
