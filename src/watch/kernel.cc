#include "watch/kernel.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "net/addresses.h"
#include "os/ack_times.h"
#include "os/closing.h"
#include "os/keepalive_times.h"
#include "os/queues.h"
#include "watch/wire.h"

namespace tcpkit::watch {

namespace kernel = record::kernel;
using std::chrono::milliseconds;

namespace {

constexpr milliseconds first_pause{10};
constexpr milliseconds longest_unsettled{40};  ///< records are held for 50 ms
constexpr milliseconds longest_unread{100};

/// Something is on its way, so the next transition comes by itself and soon.
bool is_unsettled(tcp::State state) {
  return state == tcp::State::syn_sent || state == tcp::State::syn_rcvd ||
         state == tcp::State::fin_wait1 || state == tcp::State::closing ||
         state == tcp::State::last_ack;
}

bool is_tcp(const record::Ends& ends) {
  return ends.local && ends.remote && ends.local->family() != 0;
}

}  // namespace

Kernel::Kernel(uv::Loop& loop, trace::Tracer& tracer, Wire* wire, Scope scope)
    : loop_(loop),
      tracer_(tracer),
      wire_(wire),
      scope_(scope),
      clock_(wire != nullptr ? wire->clock() : own_clock_),
      agenda_(loop, false,
              [this](Agenda::Key number) {
                if (const auto found = open_.find(static_cast<unsigned>(number));
                    found != open_.end() && found->second.end) {
                  look(found->second);
                  look_again(found->second);
                }
              }),
      orphans_(loop, [this](const Address& local, const Address& remote) {
        return segments(local, remote);
      }) {}

Kernel::~Kernel() = default;

Kernel::Connection* Kernel::find(const net::Connection& end) {
  const auto found = open_.find(end.number);
  return found == open_.end() || !found->second.end ? nullptr : &found->second;
}

const KeepaliveWatch* Kernel::probes(unsigned number) const {
  const auto found = open_.find(number);
  return found == open_.end() ? nullptr : found->second.probes.get();
}

std::optional<SegmentTimes> Kernel::segments(const Address& local, const Address& remote) {
  auto times = wire_ != nullptr ? wire_->segments(local, remote) : std::nullopt;
  const std::uint64_t start = tracer_.epoch().monotonic_ns;
  if (times) times->turn([start](std::uint64_t time) { return std::max(time, start) - start; });
  return times;
}

// Opening

void Kernel::on_attempt(const net::Connection& end, int err, std::uint64_t began) {
  const int fd = end.fd;
  if (scope_ == Scope::probes) return;
  const auto info = os::tcp_info(fd);
  if (!info || (err != 0 && err != EINPROGRESS)) return;  // a Unix socket, or there was no SYN
  open_.erase(end.number);
  Course course(tracer_, record::Role::client, end.number);
  const tcp::State state = info->state;
  course.ask(began, state == tcp::State::syn_sent);
  course.counts_syn(true);
  const auto local = net::local_address(fd);
  const auto remote = net::remote_address(fd);
  if (local && remote && *local == *remote) course.with_itself();
  if (local && remote && state != tcp::State::closed)
    course.arrive(state, segments(*local, *remote));
  const auto [added, _] = open_.emplace(end.number, course);
  if (local) added->second.id = os::identify(fd, *local, attempted_);
}

void Kernel::on_attempt_failed(const net::Connection& end) {
  const int fd = end.fd;
  const auto found = open_.find(end.number);
  if (found == open_.end()) return;
  Connection connection = std::move(found->second);
  open_.erase(found);
  const auto info = os::tcp_info(fd);
  const tcp::State state = info ? info->state : tcp::State::closed;
  // The descriptor does not know its ends any more if it was reset.
  const auto local = net::local_address(fd);
  const auto remote = net::remote_address(fd);
  if (local && remote) connection.id = os::identify(fd, *local, *remote);
  const os::SocketId& id = connection.id;
  const auto passed = segments(id.local, id.remote);
  if (state == tcp::State::syn_sent || state == tcp::State::closed) {
    connection.course.arrive(tcp::State::closed, passed);
    return;
  }
  // It was given up too late: there is a connection, which close(2) ends.
  connection.course.arrive(state, passed);
  if (os::predict_close(fd).goes == os::Closing::Goes::fin) connection.course.fin_sent();
  orphans_.add(connection.course, id, info->bytes_received);
}

void Kernel::on_listening(const Address& local) {
  if (local.is_unix() || scope_ == Scope::probes) return;
  tracer_.emit(
      record::Role::listener, 0, {},
      kernel::State{tcp::to_string(tcp::State::closed), tcp::to_string(tcp::State::listen), false});
}

void Kernel::on_open(const net::Connection& end) {
  if (!is_tcp(*end.ends)) return;
  const auto info = os::tcp_info(end.fd);
  if (!info) return;
  const auto [found, added] = open_.try_emplace(end.number, Course(tracer_, end.role, end.number));
  Connection& connection = found->second;
  connection.end = end;
  if (scope_ == Scope::probes) return watch_probes(connection);
  connection.id = os::identify(end.fd, *end.ends->local, *end.ends->remote);
  const tcp::State state = info->state;
  if (added && end.is_client()) {
    adopt(connection, *info);
  } else {
    if (!end.is_client()) connection.course.begin(tcp::State::listen);
    connection.course.connected();
    // The handshake was over before accept(2).
    if (!end.is_client() && state != tcp::State::syn_rcvd) {
      connection.course.arrive(tcp::State::established,
                               segments(connection.id.local, connection.id.remote), false);
    }
  }
  connection.resent = info->total_retransmits;  // its SYN
  look(connection);
  report_info(connection, *info);
  watch_probes(connection);
  look_again(connection);
}

/// The descriptor was inherited: how the connection began nobody knows. What others sent counts,
/// and whether the kernel counts our SYN among the acknowledged bytes follows from the rest.
void Kernel::adopt(Connection& connection, const os::TcpInfo& info) {
  const int fd = connection.end->fd;
  connection.course.begin(tcp::State::unknown);
  const std::uint64_t waiting = os::unacknowledged(fd);
  const std::uint64_t in_flight = waiting - std::min<std::uint64_t>(waiting, info.not_sent);
  const std::uint64_t acked = info.bytes_sent - std::min(info.bytes_sent, in_flight);
  connection.course.counts_syn(info.bytes_acknowledged > acked);
  connection.sent_before = acked + waiting;
  connection.read_before = info.bytes_received - std::min(info.bytes_received, os::unread(fd));
  connection.acked = acked;
}

void Kernel::watch_probes(Connection& connection) {
  const int fd = connection.end->fd;
  static constexpr std::chrono::hours never{24};
  const auto [idle, interval] = os::keepalive_times(fd).value_or(os::KeepaliveTimes{never, never});
  KeepaliveWatch::Callbacks callbacks;
  callbacks.probe = [&connection](int unanswered) {
    connection.course.emit(kernel::KeepaliveProbe{unanswered, false});
  };
  callbacks.answered = [&connection](bool seen) {
    if (!seen) connection.course.emit(kernel::KeepaliveProbe{1, true});
    connection.course.emit(kernel::KeepaliveAck{});
  };
  callbacks.retransmitted = [this, &connection](int timeouts, std::uint32_t segments) {
    if (scope_ == Scope::probes) {
      connection.course.emit(kernel::Retransmit{timeouts, segments});
    } else if (const auto now = os::tcp_info(connection.end->fd)) {
      report_resent(connection, *now);
    }
  };
  connection.probes = std::make_unique<KeepaliveWatch>(
      loop_, fd, idle, interval, std::move(callbacks), scope_ == Scope::layer);
}

void Kernel::on_change(const net::Connection& end) {
  if (Connection* connection = find(end); connection != nullptr) watch_probes(*connection);
}

// Open

/// Once there is a connection: with TCP Fast Open the SYN goes out with the first data, and the
/// kernel counts from what is acknowledged when it is asked to tell.
void Kernel::watch_acks(Connection& connection, const os::TcpInfo& info) {
  if (connection.acks || info.state == tcp::State::syn_sent) return;
  connection.acks = os::watch_acks(connection.end->fd);
  if (!*connection.acks) return;
  connection.base = connection.course.count_data(info.bytes_acknowledged);
  connection.acked = connection.base;
  if (connection.base == 0) return;
  arrive(connection, info.state);
  connection.course.acknowledge(connection.base, {}, info.rtt_us);
}

void Kernel::on_activity(const net::Connection& end) {
  Connection* connection = find(end);
  if (connection == nullptr || scope_ == Scope::probes) return;
  connection->pause = milliseconds(0);
  look(*connection);
  look_again(*connection);
  if (connection->probes && connection->course.waits_for_ack()) connection->probes->wake();
}

bool Kernel::on_error_queue(const net::Connection& end) {
  Connection* connection = find(end);
  return connection != nullptr && scope_ == Scope::layer && take_acks(*connection);
}

/// What happens next without a word from the kernel: the ACK of a SYN or a FIN, and what comes
/// while we do not read. The longer nothing happens, the less often it is looked for; and the more
/// connections there are.
void Kernel::look_again(Connection& connection) {
  if (connection.course.over()) return;
  const bool woken = connection.end->progress().listens;
  const bool ack_comes =
      connection.course.waits_for_ack() && !(woken && connection.acks.value_or(true));
  const bool unsettled = ack_comes || is_unsettled(connection.course.state());
  if (!unsettled && woken) return;
  // A look costs microseconds: of all of them at most a twentieth of the time.
  static constexpr std::size_t looks_per_ms = 10;
  const milliseconds fair(agenda_.size() / looks_per_ms);
  const milliseconds longest = std::max(unsettled ? longest_unsettled : longest_unread, fair);
  connection.pause = unsettled ? std::clamp(connection.pause * 2, first_pause, longest) : longest;
  agenda_.add(connection.end->number, connection.pause);
}

void Kernel::count(Connection& connection, const os::TcpInfo& info) {
  const net::Progress progress = connection.end->progress();
  connection.course.sent(connection.sent_before + progress.bytes_sent);
  if (progress.fin_sent) connection.course.fin_sent();
  connection.course.count_acked(info.bytes_acknowledged);
}

void Kernel::look(Connection& connection) {
  if (connection.course.over()) return;
  const auto info = os::tcp_info(connection.end->fd);
  if (!info) return;
  count(connection, *info);
  report_resent(connection, *info);
  watch_acks(connection, *info);
  if (connection.acks.value_or(false)) {
    take_acks(connection);
  } else if (connection.acks) {
    connection.course.settle_acks();
  }
  tcp::State state = info->state;
  if (state == tcp::State::closed) {
    const std::uint64_t taken = connection.read_before + connection.end->progress().bytes_read +
                                os::unread(connection.end->fd);
    if (info->bytes_received > taken) connection.course.fin_came();
    // In TIME_WAIT the kernel keeps a smaller thing than a socket, and says CLOSE of the
    // descriptor.
    if (connection.course.has_sent_fin()) {
      state = orphans_.diag().state(connection.id).value_or(tcp::State::unknown);
    }
    if (state == tcp::State::closed) connection.course.settle_acks();
  }
  arrive(connection, state);
}

void Kernel::arrive(Connection& connection, tcp::State state) {
  if (state == connection.course.state() || connection.course.over()) return;
  connection.course.arrive(state, segments(connection.id.local, connection.id.remote));
}

bool Kernel::take_acks(Connection& connection) {
  const int fd = connection.end->fd;
  auto ack = os::next_ack(fd);
  if (!ack) return false;
  const auto info = os::tcp_info(fd);
  clock_.adjust();
  for (; ack; ack = os::next_ack(fd)) {
    // Byte numbers are kept modulo 2^32.
    const std::uint32_t more = static_cast<std::uint32_t>(connection.base) + ack->last_byte + 1 -
                               static_cast<std::uint32_t>(connection.acked);
    if (more == 0 || more > UINT32_MAX / 2) continue;
    connection.acked += more;
    const std::uint64_t epoch = tracer_.epoch().monotonic_ns;
    connection.course.acknowledge(connection.acked,
                                  std::max(clock_.monotonic(ack->time), epoch) - epoch,
                                  info ? std::optional(info->rtt_us) : std::nullopt);
  }
  return true;
}

/// Also what was answered so soon that the kernel does not count it as unanswered any more.
void Kernel::report_resent(Connection& connection, const os::TcpInfo& info) {
  const int before = std::exchange(connection.unanswered, info.retransmits);
  const std::uint32_t known = std::exchange(connection.resent, info.total_retransmits);
  for_each_retransmit(before, info.retransmits, info.total_retransmits - known,
                      [&](int timeouts, std::uint32_t segments) {
                        connection.course.emit(kernel::Retransmit{timeouts, segments});
                      });
}

void Kernel::report_info(Connection& connection, const os::TcpInfo& info) {
  connection.course.emit(kernel::Info{info.rtt_us, info.rttvar_us, info.cwnd, info.mss,
                                      connection.course.acked(), info.total_retransmits,
                                      info.delivery_rate});
}

// Closing

void Kernel::on_closing(const net::Connection& end) {
  const auto found = open_.find(end.number);
  if (found == open_.end()) return;
  agenda_.remove(end.number);
  Connection connection = std::move(found->second);
  connection.probes.reset();
  open_.erase(found);
  if (!connection.end || scope_ == Scope::probes) return;
  look(connection);
  const auto info = os::tcp_info(end.fd);
  if (!info) return;
  report_info(connection, *info);
  if (connection.course.over()) return;
  if (os::predict_close(end.fd).goes == os::Closing::Goes::fin) connection.course.fin_sent();
  orphans_.add(connection.course, connection.id, info->bytes_received);
}

}  // namespace tcpkit::watch
