#include "watch/kernel.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "net/closing.h"
#include "net/listener.h"
#include "os/ack_times.h"

namespace tcpkit::watch {

namespace kernel = trace::kernel;
using std::chrono::milliseconds;

namespace {

constexpr milliseconds while_unsettled{10};
constexpr milliseconds while_quiet{100};
constexpr milliseconds longest_pause{50};  ///< between two looks at closed connections

/// Something is on its way, so the next transition comes by itself and soon.
bool is_unsettled(State state) {
  return state == State::syn_sent || state == State::fin_wait1 || state == State::closing ||
         state == State::last_ack;
}

bool is_tcp(const trace::Ends& ends) {
  return ends.local && ends.remote && ends.local->family() != 0;
}

int socket_option(int fd, int level, int name) {
  int value = 0;
  socklen_t size = sizeof value;
  return ::getsockopt(fd, level, name, &value, &size) == 0 ? value : 0;
}

}  // namespace

Kernel::Kernel(uv::Loop& loop, trace::Tracer& tracer, bool probes)
    : loop_(loop),
      tracer_(tracer),
      probes_(probes),
      sampling_(loop, [this] { sample_all(); }),
      following_(loop, [this] { follow(); }) {
  sampling_.unref();
}

Kernel::~Kernel() = default;

template <class B>
void Kernel::emit(const Connection& connection, B body) {
  tracer_.emit(connection.role, connection.number, {}, std::move(body));
}

Kernel::Connection& Kernel::connection_of(net::Socket& socket) {
  Connection& connection = open_[socket.number()];
  connection.number = socket.number();
  connection.role = socket.is_client() ? trace::Role::client : trace::Role::server;
  return connection;
}

// Opening

void Kernel::before_attempt(net::Socket& socket, int /*fd*/, const Address& remote) {
  if (!remote.is_unix()) connection_of(socket).began = tracer_.now();
}

void Kernel::on_attempt(net::Socket& socket, int fd, int err) {
  const auto info = os::tcp_info(fd);
  if (!info || (err != 0 && err != EINPROGRESS)) return;  // a Unix socket, or there was no SYN
  Connection& connection = connection_of(socket);
  const State state = from_kernel(info->state);
  tracer_.emit_at(connection.began, connection.role, connection.number,
                  kernel::State{to_string(State::closed), to_string(State::syn_sent),
                                state != State::syn_sent});
  connection.state = State::syn_sent;
  arrive(connection, state);
  sampling_.start(while_unsettled);
}

void Kernel::on_attempt_failed(net::Socket& socket, int /*fd*/) {
  const auto found = open_.find(socket.number());
  if (found == open_.end()) return;
  arrive(found->second, State::closed);
  open_.erase(found);
}

void Kernel::on_listening(net::Listener& /*listener*/, const Address& local) {
  if (local.is_unix()) return;
  tracer_.emit(trace::Role::listener, 0, {},
               kernel::State{to_string(State::closed), to_string(State::listen), false});
}

void Kernel::on_open(net::Socket& socket) {
  if (!is_tcp(socket.ends())) return;
  Connection& connection = connection_of(socket);
  connection.socket = &socket;
  connection.ends = socket.ends();
  if (!socket.is_client()) connection.state = State::listen;
  sample(connection);
  if (const auto info = os::tcp_info(socket.fd())) tell_info(connection, *info);
  if (probes_) watch_probes(connection);
  sampling_.start(while_quiet);
}

void Kernel::watch_probes(Connection& connection) {
  const int fd = connection.socket->fd();
  const bool on = socket_option(fd, SOL_SOCKET, SO_KEEPALIVE) != 0;
  static constexpr std::chrono::hours never{24};
  const std::chrono::seconds idle =
      on ? std::chrono::seconds(socket_option(fd, IPPROTO_TCP, TCP_KEEPIDLE)) : never;
  const std::chrono::seconds interval =
      on ? std::chrono::seconds(socket_option(fd, IPPROTO_TCP, TCP_KEEPINTVL)) : never;
  os::KeepaliveWatch::Callbacks callbacks;
  callbacks.probe = [this, &connection](int unanswered) {
    emit(connection, kernel::KeepaliveProbe{unanswered, false});
  };
  callbacks.answered = [this, &connection](bool seen) {
    if (!seen) emit(connection, kernel::KeepaliveProbe{1, true});
    emit(connection, kernel::KeepaliveAck{});
  };
  callbacks.retransmitted = [this, &connection](int count) {
    emit(connection, kernel::Retransmit{count});
  };
  connection.probes =
      std::make_unique<os::KeepaliveWatch>(loop_, fd, idle, interval, std::move(callbacks));
}

void Kernel::on_change(net::Socket& socket) {
  const auto found = open_.find(socket.number());
  if (!probes_ || found == open_.end() || found->second.socket == nullptr) return;
  watch_probes(found->second);
}

// Open

/// Once there is a connection: with TCP Fast Open the SYN goes out with the first data, and the
/// kernel counts from what is acknowledged when it is asked to tell.
void Kernel::watch_acks(Connection& connection, const os::TcpInfo& info) {
  if (connection.acks || from_kernel(info.state) == State::syn_sent) return;
  connection.acks = os::watch_acks(connection.socket->fd());
  if (!*connection.acks) return;
  const std::uint64_t syn = connection.role == trace::Role::client ? 1 : 0;
  connection.base = info.bytes_acknowledged - std::min(info.bytes_acknowledged, syn);
  if (connection.base == 0) return;
  arrive(connection, from_kernel(info.state));
  connection.acked = connection.base;
  emit(connection, kernel::Ack{connection.acked, info.rtt_us, true});
}

void Kernel::on_activity(net::Socket& socket) {
  const auto found = open_.find(socket.number());
  if (found == open_.end() || found->second.socket == nullptr) return;
  Connection& connection = found->second;
  connection.sent = socket.bytes_written() - socket.writable_length();
  connection.ending = connection.ending || (!socket.writable() && socket.writable_length() == 0);
  sample(connection);
  const bool busy = is_unsettled(connection.state) || connection.acked < connection.sent;
  if (busy) sampling_.start(while_unsettled);
}

bool Kernel::on_error_queue(net::Socket& socket) {
  const auto found = open_.find(socket.number());
  return found != open_.end() && found->second.socket != nullptr && take_acks(found->second);
}

void Kernel::sample(Connection& connection) {
  const auto info = os::tcp_info(connection.socket->fd());
  if (!info) return;
  watch_acks(connection, *info);
  if (connection.acks.value_or(false)) take_acks(connection);
  auto state = from_kernel(info->state);
  // In TIME_WAIT the kernel keeps a smaller thing than a socket, and says CLOSE of the descriptor.
  if (state == State::closed && connection.ending)
    state = from_kernel(diag_.state(*connection.ends.local, *connection.ends.remote).value_or(0));
  arrive(connection, state);
}

bool Kernel::take_acks(Connection& connection) {
  const int fd = connection.socket->fd();
  auto ack = os::next_ack(fd);
  if (!ack) return false;
  const auto info = os::tcp_info(fd);
  for (; ack; ack = os::next_ack(fd)) {
    // Byte numbers are kept modulo 2^32.
    const std::uint32_t more = static_cast<std::uint32_t>(connection.base) + ack->last_byte + 1 -
                               static_cast<std::uint32_t>(connection.acked);
    if (more == 0 || more > UINT32_MAX / 2) continue;
    connection.acked += more;
    const std::uint64_t epoch = tracer_.epoch().monotonic_ns;
    tracer_.emit_at(
        std::max(ack->time, epoch) - epoch, connection.role, connection.number,
        kernel::Ack{connection.acked, info ? std::optional(info->rtt_us) : std::nullopt, false});
  }
  return true;
}

void Kernel::arrive(Connection& connection, State state, bool seen) {
  std::vector<State> path = way(connection.state, state);
  // A RST, a timeout or an abandoned attempt leads to CLOSED from anywhere.
  if (state == State::closed && connection.state != State::last_ack) {
    const bool orderly = connection.ending && connection.state == State::close_wait;
    path = orderly ? std::vector{State::last_ack, State::closed} : std::vector{State::closed};
    if (connection.state == State::closed) return;
  }
  for (const State& next : path) {
    const bool last = &next == &path.back();
    const State from = std::exchange(connection.state, next);
    emit(connection, kernel::State{to_string(from), to_string(next), !(last && seen)});
    const bool past_our_fin = next == State::fin_wait2 || next == State::time_wait;
    const bool last_ack_came = from == State::last_ack && next == State::closed &&
                               !connection.aborted && !reset_came(connection);
    if (past_our_fin || last_ack_came) fin_acked(connection, past_our_fin);
  }
}

/// LAST_ACK ends by the ACK of all data and the FIN, or by a RST. While there is a descriptor, the
/// kernel still says how much was acknowledged; SYN and FIN count as bytes.
bool Kernel::reset_came(const Connection& connection) {
  if (connection.socket == nullptr) return false;
  const auto info = os::tcp_info(connection.socket->fd());
  const std::uint64_t syn = connection.role == trace::Role::client ? 1 : 0;
  return info && info->bytes_acknowledged < syn + connection.sent + 1;
}

void Kernel::fin_acked(Connection& connection, bool seen) {
  if (std::exchange(connection.fin_acked, true)) return;
  // It acknowledges all data before it, whose own word may have been too late for the descriptor.
  if (connection.acked < connection.sent) {
    connection.acked = connection.sent;
    emit(connection, kernel::Ack{connection.acked, {}, true});
  }
  emit(connection, kernel::FinAcked{!seen});
}

void Kernel::tell_info(const Connection& connection, const os::TcpInfo& info) {
  emit(connection, kernel::Info{info.rtt_us, info.rttvar_us, info.cwnd, info.mss, connection.acked,
                                info.total_retransmits, info.delivery_rate});
}

void Kernel::sample_all() {
  bool unsettled = false;
  for (auto& [number, connection] : open_) {
    if (connection.socket == nullptr) continue;
    sample(connection);
    unsettled |= is_unsettled(connection.state) || connection.acked < connection.sent;
  }
  if (!open_.empty()) sampling_.start(unsettled ? while_unsettled : while_quiet);
}

// Closing

void Kernel::on_closing(net::Socket& socket) {
  const auto found = open_.find(socket.number());
  if (found == open_.end()) return;
  Connection connection = std::move(found->second);
  connection.probes.reset();
  open_.erase(found);
  if (connection.socket == nullptr) return;
  connection.sent = socket.bytes_written() - socket.writable_length();
  sample(connection);
  if (const auto info = os::tcp_info(socket.fd())) tell_info(connection, *info);
  connection.socket = nullptr;
  if (connection.state == State::closed) return;
  const net::Closing::Goes goes = net::predict_close(socket.fd()).goes;
  connection.aborted = goes == net::Closing::Goes::rst;
  connection.ending |= goes == net::Closing::Goes::fin;
  closed_.push_back(std::move(connection));
  // Behind close(2), which comes next.
  loop_.next_tick([this] {
    pause_ = milliseconds(1);
    follow();
  });
}

void Kernel::follow() {
  const milliseconds since = std::exchange(pause_, std::min(pause_ * 2, longest_pause));
  for (Connection& c : closed_)
    c.followed += since;
  closed_.remove_if([this](Connection& c) { return is_over(c) || c.followed >= most_following; });
  if (!closed_.empty()) following_.start(pause_);
}

bool Kernel::is_over(Connection& connection) {
  const auto number = diag_.state(*connection.ends.local, *connection.ends.remote);
  if (!number) return true;
  const State state = from_kernel(*number);
  // A FIN went out, and then it was gone: by a RST, for else there would be TIME_WAIT.
  if (state == State::closed && connection.ending && connection.state == State::established)
    arrive(connection, State::fin_wait1, false);
  arrive(connection, state);
  return state == State::closed || state == State::time_wait;
}

void Kernel::stop() {
  closed_.clear();
  following_.stop();
}

}  // namespace tcpkit::watch
