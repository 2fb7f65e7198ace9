#include "flow/probe_attempt.h"

#include <cerrno>
#include <utility>

#include "uv/poll.h"

namespace tcpkit::flow {
namespace {

using Finding = net::Probe::Finding;

class LeanAttempt : public ProbeAttempt {
 public:
  LeanAttempt(Address remote, Outcome outcome) : remote_(remote), outcome_(std::move(outcome)) {}

  Finding start(uv::Loop& loop, const net::Probe::Options& options) {
    const Finding now = probe_.start(remote_, options);
    if (now.is != Finding::Is::in_progress) return now;
    poll_ = uv::Poll::create(loop, probe_.fd(), this, [](void* owner, int events) {
      static_cast<LeanAttempt*>(owner)->on_poll(events);
    });
    poll_->watch(UV_WRITABLE);
    return now;
  }

  Finding expire() override {
    Finding last = probe_.look(false);
    if (last.is == Finding::Is::in_progress) last.is = Finding::Is::silent;
    return last;
  }

 private:
  void on_poll(int events) {
    if (events < 0) {
      return report({Finding::Is::failed, system_error(-events, "epoll_ctl", remote_.host())});
    }
    const Finding now = probe_.look((events & UV_WRITABLE) != 0);
    if (now.is == Finding::Is::in_progress) return poll_->watch(UV_WRITABLE);
    report(now);
  }

  void report(Finding finding) {
    const Outcome outcome = std::move(outcome_);  // it destroys this object
    outcome(std::move(finding));
  }

  Address remote_;
  Outcome outcome_;
  net::Probe probe_;                ///< closed after `poll_`
  std::unique_ptr<uv::Poll> poll_;  ///< null: the outcome was known at once
};

class TracedAttempt : public ProbeAttempt, private net::SocketHandler {
 public:
  TracedAttempt(net::Engine& engine, dns::Resolver& resolver, Address remote,
                const AttemptOptions& options, Outcome outcome)
      : remote_(remote),
        outcome_(std::move(outcome)),
        socket_(net::Socket::create_client(engine, *this, {.socket = options.socket})),
        dialer_(socket_, resolver, options.dial, options.socket) {
    dialer_.connect({Endpoint::Kind::tcp, remote.host(), remote.port(), {}});
  }

  Finding expire() override { return {Finding::Is::in_progress}; }

 private:
  void on_connect(net::Socket& socket) override {
    finding_ = {Finding::Is::open};
    // After `ready`.
    socket.engine().loop().next_tick([&socket] { socket.reset_and_destroy(); });
  }

  void on_error(net::Socket& /*socket*/, const Error& error) override {
    if (finding_.is == Finding::Is::open) return;
    if (error.syscall == "connect" || error.syscall == "socket") {
      finding_ = finding_of(error);
    } else {
      finding_ = {Finding::Is::unusable, error};
    }
  }

  void on_close(net::Socket& socket, bool /*had_error*/) override {
    // The socket is gone when this function has returned, and so may be this object.
    socket.engine().loop().next_tick(
        [outcome = std::move(outcome_), finding = std::move(finding_)] { outcome(finding); });
  }

  [[nodiscard]] Finding finding_of(const Error& error) const {
    if (error.code == "ETIMEDOUT") return {Finding::Is::silent};
    const int err = error.errno_value ? -*error.errno_value : ECANCELED;
    if (error.syscall == "connect") return net::probe_failure(err, remote_);
    return net::probe_shortage(err, remote_);
  }

  Address remote_;
  Outcome outcome_;
  Finding finding_{Finding::Is::silent};
  net::Socket& socket_;
  net::Dialer dialer_;
};

}  // namespace

std::unique_ptr<ProbeAttempt> attempt_lean(uv::Loop& loop, const Address& remote,
                                           const net::Probe::Options& options,
                                           ProbeAttempt::Outcome outcome, Finding& now) {
  auto attempt = std::make_unique<LeanAttempt>(remote, std::move(outcome));
  now = attempt->start(loop, options);
  if (now.is != Finding::Is::in_progress) return nullptr;
  return attempt;
}

std::unique_ptr<ProbeAttempt> attempt_traced(net::Engine& engine, dns::Resolver& resolver,
                                             const Address& remote, const AttemptOptions& options,
                                             ProbeAttempt::Outcome outcome) {
  return std::make_unique<TracedAttempt>(engine, resolver, remote, options, std::move(outcome));
}

}  // namespace tcpkit::flow
