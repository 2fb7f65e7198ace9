#include "net/life.h"

#include <uv.h>

#include <cerrno>
#include <string>

#include "base/error.h"
#include "net/tcp_state.h"
#include "os/closing.h"
#include "os/queues.h"
#include "os/tcp_info.h"

namespace tcpkit::net {

using tcp::State;

namespace {

bool is_reset(const std::string& code) {
  return code == "ECONNRESET" || code == "EPIPE";
}

/// By the same classes as the exit status.
std::string_view outcome_of(const Error& error) {
  if (error.syscall == "getaddrinfo") return "lookup";
  if (error.code == "ECONNREFUSED") return "refused";
  if (error.code == "ETIMEDOUT") return "timeout";
  if (is_reset(error.code)) return "reset";
  if (error.code == "ERR_IP_BLOCKED") return "blocked";
  return "error";
}

}  // namespace

std::uint64_t Life::now() {
  return uv_hrtime();
}

void Life::begin() {
  began_ = now();
}

void Life::looked_up() {
  looked_up_ = now();
}

void Life::connected() {
  connected_ = now();
}

void Life::before_fin(int fd) {
  // The peer's may be there, unread.
  fin_behind_peers_ = os::tcp_state(fd) == State::close_wait;
}

void Life::after_fin(int fd, bool taken, std::string_view why) {
  if (fin_behind_peers_) ended(End::peer);
  if (!taken) return;  // a RST was first: none went out
  fin_ = true;
  our_fin_ = true;
  fin_waits_ = os::unsent(fd) > 0;
  if (first_ == End::nobody) why_ = limit_.empty() ? why : limit_;
  ended(End::us);
}

void Life::peer_fin(int fd) {
  fin_ = true;
  if (first_ == End::us && fin_waits_) {
    // Ours is still behind data, or has gone out we do not know when.
    first_ = os::unsent(fd) > 0 ? End::peer : End::unknown;
    why_ = {};
  } else if (first_ == End::us && os::tcp_state(fd) == State::closing) {
    first_ = End::unknown;  // they crossed: neither end had seen the other's
  }
  ended(End::peer);
}

void Life::closing(int fd, bool is_unix, const std::optional<Error>& error, bool resets,
                   std::string_view why, bool keep_alive) {
  error_ = error;
  if (fd < 0) {
    if (error || limit_.empty()) return;
    why_ = limit_;
    return;
  }
  if (!is_unix) {
    const auto in_queue = static_cast<std::int64_t>(os::unacknowledged(fd));
    fin_acknowledged_ = in_queue == 0;
    // Our FIN counts as a byte, and is the last.
    unacknowledged_ = in_queue - (our_fin_ && !fin_acknowledged_ ? 1 : 0);
    const auto info = os::tcp_info(fd);
    if (info && info->rtt_us != 0) rtt_us_ = info->rtt_us;
    retransmits_ = info ? info->total_retransmits : 0;
  }
  if (error) {
    judge_error(fd, is_unix, *error, why, keep_alive);
  } else if (is_unix) {
    if (first_ == End::nobody) why_ = limit_.empty() ? why : limit_;
    ended(End::us);
  } else {
    judge_close(fd, resets, limit_.empty() ? why : limit_);
  }
}

/// The peer's may have been on its way before our FIN came there: known only where that was
/// acknowledged.
void Life::peer_reset() {
  rst_ = true;
  if (first_ == End::us && !fin_acknowledged_) first_ = End::unknown;
  ended(End::peer);
}

void Life::judge_error(int fd, bool is_unix, const Error& error, std::string_view why,
                       bool keep_alive) {
  if (is_reset(error.code)) {
    peer_reset();
  } else if (!is_connection_error(-error.errno_value.value_or(0))) {
    if (!is_unix) judge_close(fd, false, why);  // a call failed, and the connection was there
  } else {
    given_up_ = true;
    if (error.code == "ETIMEDOUT")
      why_ = keep_alive && fin_acknowledged_ ? "keepalive" : "unanswered";
  }
}

void Life::judge_close(int fd, bool resets, std::string_view why) {
  const State state = os::tcp_state(fd).value_or(State::closed);
  if (state == State::closed) {
    // Over already: by both FINs, or by what nobody has read yet.
    const int err = take_error(fd);
    if (err == ECONNRESET || err == EPIPE) peer_reset();
    return;
  }
  if (state == State::close_wait) {
    fin_ = true;
    ended(End::peer);
  }
  const os::Closing closing = os::predict_close(fd);
  if (closing.goes == os::Closing::Goes::nothing) return;
  if (closing.goes == os::Closing::Goes::rst) {
    rst_ = true;
    why_ = resets ? why : closing.cause;
  } else {
    fin_ = true;
    if (first_ == End::nobody) why_ = why;
  }
  ended(End::us);
}

record::Outcome Life::outcome(record::Role role, const record::Ends& ends) const {
  static constexpr std::int64_t ns_per_us = 1000;
  record::Outcome o;
  if (error_) {
    o.outcome = outcome_of(*error_);
    o.code = error_->code;
    const Error& last = error_->errors.empty() ? *error_ : error_->errors.back();
    if (!last.address.empty() && last.port) {
      o.remote_address = last.address;
      o.remote_port = *last.port;
    }
  } else if (!limit_.empty()) {
    o.outcome = "timeout";
  }
  if (ends.local && !ends.local->is_unix()) {
    o.local_address = ends.local->host();
    o.local_port = ends.local->port();
  }
  if (ends.remote && !ends.remote->is_unix()) {
    o.remote_address = ends.remote->host();
    o.remote_port = ends.remote->port();
  }
  const bool client = role == record::Role::client;
  if (client) {
    o.attempts = attempts_;
    o.attempts_failed = failed_;
  }
  if (first_ == End::us || first_ == End::peer)
    o.ended_first = (first_ == End::us) == client ? "client" : "server";
  if (rst_) {
    o.ended_by = "RST";
  } else if (fin_ && !given_up_) {
    o.ended_by = "FIN";
  }
  if (!why_.empty()) o.why = why_;
  o.unacknowledged = unacknowledged_;
  const auto since = [this](std::uint64_t moment) {
    return moment == 0 ? std::nullopt
                       : std::optional(static_cast<std::int64_t>(moment - began_) / ns_per_us);
  };
  o.lookup_us = since(looked_up_);
  o.connect_us = since(connected_);
  o.first_byte_us = since(first_byte_);
  o.total_us = since(now());
  o.rtt_us = rtt_us_;
  o.retransmits = retransmits_;
  return o;
}

}  // namespace tcpkit::net
