#include <fmt/core.h>

#include <algorithm>
#include <chrono>

#include "base/duration.h"
#include "base/escape.h"
#include "cmd/cli/declare.h"
#include "cmd/cli/refuse.h"
#include "cmd/cli/usage_error.h"
#include "cmd/options/data.h"
#include "cmd/run/client.h"
#include "os/keepalive_watch.h"

namespace tcpkit::cmd {
namespace {

/// `then`: of uv_hrtime().
std::chrono::milliseconds since(std::uint64_t then) {
  const std::chrono::nanoseconds passed(uv_hrtime() - then);
  return std::chrono::duration_cast<std::chrono::milliseconds>(passed);
}

/// Lets the kernel probe a silent connection, and tells of each probe and its answer.
class KeepAlive : public LifecycleCommand {
 public:
  KeepAlive() : LifecycleCommand("keepalive") {}

  void declare(OptionSet& set) override {
    trace_options().with_probes("call,event and the probes");
    Group g(set, "Keepalive");
    g.duration("--idle", idle_, "Set the silence before the first probe (2s)");
    g.duration("--interval", interval_, "Set the time between unanswered probes (1s)");
    const net::SocketOption& count = net::option_of("TCP_KEEPCNT");
    g.integer("--count", count_, count.least, count.most,
              "End the connection after N unanswered probes (3)");
    g.duration("--for", for_, "End the connection after this time");
    declare_send(g, send_,
                 "Send this first: with --user-timeout, data in flight (repeatable; C escapes)");
    LifecycleCommand::declare(set);
  }

  void accept(const std::vector<std::string>& arguments) override;
  void on_closing(net::Socket& socket) override;
  void on_error(net::Socket& socket, const Error& error) override;

 protected:
  void on_open(net::Socket& socket) override;
  void on_stop() override;
  void release() override;
  void summarise(net::Socket& socket, record::Outcome& summary) override;
  Exit status_of(const Error& error) override;
  void adjust(net::Socket::Options& options) const override {
    for (const auto& [option, value] : options_.entries())
      options.socket.set(option->set.symbol, value);
  }

 private:
  using Milliseconds = std::chrono::milliseconds;

  void on_answer(net::Socket& socket, bool seen);
  void on_retransmit(net::Socket& socket, int count);
  [[nodiscard]] std::optional<Milliseconds> user_timeout();
  [[nodiscard]] Milliseconds silence();
  [[nodiscard]] std::string theory();

  Milliseconds idle_{2000};
  Milliseconds interval_{1000};
  std::optional<int> count_ = 3;
  Milliseconds for_{0};
  std::vector<std::string> send_;
  void set_seconds(const std::string& name, Milliseconds value, std::string_view symbol);

  net::SocketOptions options_;

  std::unique_ptr<os::KeepaliveWatch> watch_;
  std::unique_ptr<uv::Timer> end_timer_;
  std::int64_t probes_ = 0;
  std::int64_t answers_ = 0;
  std::int64_t retransmits_ = 0;
  std::uint64_t sent_at_ = 0;         ///< uv_hrtime() of --send
  Milliseconds first_retransmit_{0};  ///< counted from there
  std::optional<Milliseconds> noticed_after_;
  bool window_closed_ = false;
  bool in_flight_ = false;  ///< the peer was given up over data in flight, not over probes
};

void KeepAlive::accept(const std::vector<std::string>& arguments) {
  refuse(set(), Trait::about_probes, "write --idle, --interval and --count here");
  options_.set("SO_KEEPALIVE", 1);
  set_seconds("--idle", idle_, "TCP_KEEPIDLE");
  set_seconds("--interval", interval_, "TCP_KEEPINTVL");
  options_.set("TCP_KEEPCNT", count_.value());
  LifecycleCommand::accept(arguments);
  if (is_unix()) {
    throw UsageError("a Unix socket has no keep-alive: its peer cannot vanish; write HOST:PORT");
  }
}

/// Sets an option of whole seconds from one of ours.
void KeepAlive::set_seconds(const std::string& name, Milliseconds value, std::string_view symbol) {
  const net::SocketOption& option = net::option_of(symbol);
  std::string why;
  const auto seconds = net::whole_seconds(value, option.least, option.most, why);
  if (!seconds) throw UsageError(fmt::format("{}: {}", name, why));
  options_.set(symbol, *seconds);
}

void KeepAlive::on_open(net::Socket& socket) {
  note(fmt::format("a silent peer is probed after {}; a dead one is found out after {}",
                   format_duration(idle_), theory()));
  os::KeepaliveWatch::Callbacks callbacks;
  callbacks.probe = [this, &socket](int unanswered) {
    ++probes_;
    socket.emit(record::kernel::KeepaliveProbe{unanswered, false});
  };
  callbacks.answered = [this, &socket](bool seen) { on_answer(socket, seen); };
  callbacks.retransmitted = [this, &socket](int count) { on_retransmit(socket, count); };
  watch_ = std::make_unique<os::KeepaliveWatch>(session().loop(), socket.fd(), idle_, interval_,
                                                std::move(callbacks));
  if (!send_.empty()) sent_at_ = uv_hrtime();
  for (const std::string& text : send_)
    socket.write(text);
  if (!set().has("--for")) return;
  end_timer_ = std::make_unique<uv::Timer>(session().loop(), [this] { session().stop(); });
  end_timer_->start(for_);
}

void KeepAlive::on_answer(net::Socket& socket, bool seen) {
  ++answers_;
  if (!seen) {
    ++probes_;
    socket.emit(record::kernel::KeepaliveProbe{1, true});
  }
  socket.emit(record::kernel::KeepaliveAck{});
  if (answers_ != 2) return;
  note(fmt::format(
      "an answer starts the idle time again: answered probes repeat every {} (idle), and "
      "the interval of {} spaces unanswered ones only",
      format_duration(idle_), format_duration(interval_)));
}

void KeepAlive::on_retransmit(net::Socket& socket, int count) {
  socket.emit(record::kernel::Retransmit{count});
  if (++retransmits_ != 1) return;
  first_retransmit_ = since(sent_at_);
  const auto limit = user_timeout();
  note("data is in flight: the kernel sends it again, and no keep-alive probes; " +
       (limit ? fmt::format("--user-timeout gives up after {}", format_duration(*limit))
              : "it gives up after tcp_retries2 times, 15 minutes or more, unless --user-timeout "
                "is set"));
}

std::optional<std::chrono::milliseconds> KeepAlive::user_timeout() {
  const int limit = socket_options().options.socket.number("TCP_USER_TIMEOUT").value_or(0);
  return limit > 0 ? std::optional(Milliseconds(limit)) : std::nullopt;
}

/// How long a peer can be dead at most before its probes give it away. With TCP_USER_TIMEOUT the
/// count does not matter: the kernel gives up at the first probe that is due behind that time
/// (tcp_keepalive_timer() in net/ipv4/tcp_timer.c).
std::chrono::milliseconds KeepAlive::silence() {
  const auto limit = user_timeout();
  if (!limit) return idle_ + interval_ * count_.value();
  const auto behind_idle = std::max(*limit - idle_, Milliseconds(1));
  return idle_ + interval_ * ((behind_idle + interval_ - Milliseconds(1)) / interval_);
}

std::string KeepAlive::theory() {
  const std::string total = format_duration(silence());
  if (const auto limit = user_timeout()) {
    return fmt::format("{}: at the first probe due behind --user-timeout {}", total,
                       format_duration(*limit));
  }
  return fmt::format("{}: idle {} + interval {} x count {}", total, format_duration(idle_),
                     format_duration(interval_), count_.value());
}

void KeepAlive::on_stop() {
  if (watch_) watch_->stop();
  if (end_timer_) end_timer_->stop();
}

void KeepAlive::release() {
  watch_.reset();
  end_timer_.reset();
}

/// The kernel sent some that no sample saw: a tail loss probe is over before its timer is.
void KeepAlive::on_closing(net::Socket& socket) {
  if (const auto info = os::tcp_info(socket.fd()))
    retransmits_ = std::max<std::int64_t>(retransmits_, info->total_retransmits);
}

void KeepAlive::on_error(net::Socket& socket, const Error& error) {
  if (watch_ && status_of(error) == Exit::timed_out) {
    window_closed_ = watch_->waits_for_window();
    in_flight_ = watch_->in_flight() || window_closed_;
    noticed_after_ = since(in_flight_ ? sent_at_ : watch_->last_heard());
  }
  LifecycleCommand::on_error(socket, error);
}

/// A router that cannot reach the peer any more is another word for a dead peer.
Exit KeepAlive::status_of(const Error& error) {
  const bool dead =
      error.code == "ETIMEDOUT" || error.code == "EHOSTUNREACH" || error.code == "ENETUNREACH";
  return dead ? Exit::timed_out : exit_of(error);
}

void KeepAlive::summarise(net::Socket& /*socket*/, record::Outcome& summary) {
  summary.text = fmt::format("{} probe{}, {} answered", probes_, probes_ == 1 ? "" : "s", answers_);
  if (retransmits_ > 0) summary.text += fmt::format("; {} retransmissions", retransmits_);
  summary.probes = probes_;
  summary.answered = answers_;
  summary.retransmits = retransmits_;
  if (!noticed_after_) return;
  const auto limit = user_timeout();
  const std::string noticed = format_duration(*noticed_after_);
  std::optional<Milliseconds> expected;
  if (!in_flight_) {
    expected = silence();
    summary.text += fmt::format("; the dead peer was found out {} after it was last heard ({})",
                                noticed, "theory: " + theory());
  } else {
    summary.text +=
        fmt::format("; the dead peer was found out {} after the data was sent", noticed);
    if (window_closed_) {
      summary.text += "; it waited for room at the peer, whose window was probed in place of it";
    } else if (limit) {
      expected = first_retransmit_ + *limit;
      summary.text += fmt::format(
          " (theory: {}: --user-timeout {} from its first timeout on, which came after {})",
          format_duration(*expected), format_duration(*limit), format_duration(first_retransmit_));
    } else {
      summary.text += " (by the system's tcp_retries2)";
    }
  }
  summary.noticed_ms = noticed_after_->count();
  if (expected) summary.theory_ms = expected->count();
  summary.in_flight = in_flight_;
}

}  // namespace

std::unique_ptr<Program> make_keepalive() {
  return std::make_unique<KeepAlive>();
}

}  // namespace tcpkit::cmd
