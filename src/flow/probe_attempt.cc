#include "flow/probe_attempt.h"

#include <cerrno>
#include <utility>

#include "uv/poll.h"

namespace tcpkit::flow {
namespace {

using Finding = net::Probe::Finding;

class LeanAttempt : public ProbeAttempt {
 public:
  LeanAttempt(uv::Loop& loop, std::unique_ptr<net::Probe> probe, Outcome outcome)
      : outcome_(std::move(outcome)),
        probe_(std::move(probe)),
        poll_(uv::Poll::create(loop, probe_->fd(), this, [](void* owner, int events) {
          static_cast<LeanAttempt*>(owner)->on_poll(events);
        })) {
    poll_->watch(UV_WRITABLE);
  }

  Finding expire() override {
    Finding last = probe_->look(false);
    if (last.is == Finding::Is::in_progress) last.is = Finding::Is::silent;
    return last;
  }

 private:
  void on_poll(int events) {
    if (events < 0) {
      return report({Finding::Is::failed, system_error(-events, "epoll_ctl")});
    }
    const Finding now = probe_->look((events & UV_WRITABLE) != 0);
    if (now.is == Finding::Is::in_progress) return poll_->watch(UV_WRITABLE);
    report(now);
  }

  void report(Finding finding) {
    const Outcome outcome = std::move(outcome_);  // it destroys this object
    outcome(std::move(finding));
  }

  Outcome outcome_;
  std::unique_ptr<net::Probe> probe_;  ///< closed after `poll_`
  std::unique_ptr<uv::Poll> poll_;
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

std::unique_ptr<ProbeAttempt> wait_for(uv::Loop& loop, std::unique_ptr<net::Probe> probe,
                                       ProbeAttempt::Outcome outcome) {
  return std::make_unique<LeanAttempt>(loop, std::move(probe), std::move(outcome));
}

std::unique_ptr<ProbeAttempt> attempt_traced(net::Engine& engine, dns::Resolver& resolver,
                                             const Address& remote, const AttemptOptions& options,
                                             ProbeAttempt::Outcome outcome) {
  return std::make_unique<TracedAttempt>(engine, resolver, remote, options, std::move(outcome));
}

}  // namespace tcpkit::flow
