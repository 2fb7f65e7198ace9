#include "watch/wire.h"

#include <fmt/format.h>
#include <uv.h>

#include <algorithm>
#include <chrono>

#include "base/error.h"
#include "net/addresses.h"
#include "net/listener.h"
#include "net/socket.h"
#include "os/closing.h"

namespace tcpkit::watch {
namespace {

constexpr std::chrono::milliseconds quiet_time{50};
constexpr std::chrono::milliseconds longest_time{300};

tcp::SegmentEnd end_of(const Address& address) {
  tcp::SegmentEnd end;
  end.port = address.port();
  if (const auto ip = parse_ip_number(address.host())) end.ip = *ip;
  return end;
}

/// pcap-filter(7) for what goes to or comes from there.
std::string filter_of(const tcp::SegmentEnd& end) {
  if (end.ip.is_unspecified()) return fmt::format("(tcp port {})", end.port);
  IpNumber ip = end.ip;
  if (ip.is_mapped()) ip = IpNumber::from_ipv4(ip.ipv4());
  std::string host;
  append_ip_number(host, ip);
  return fmt::format("(host {} and tcp port {})", host, end.port);
}

/// Of one segment, seen twice. What is sent again has another identification, or took the same way.
bool same(const tcp::Segment& a, const tcp::Segment& b) {
  return a.from == b.from && a.seq == b.seq && a.ack == b.ack && a.flags == b.flags &&
         a.window == b.window && a.length == b.length && a.ip_id == b.ip_id &&
         a.options == b.options;
}

}  // namespace

Wire::Wire(uv::Loop& loop, std::unique_ptr<PcapFile> pcap,
           std::function<void(const std::string&)> failed,
           std::function<void(const std::string&)> notice)
    : loop_(loop),
      pcap_(std::move(pcap)),
      failed_(std::move(failed)),
      notice_(std::move(notice)),
      quiet_(loop, [this] { stop_lingering(); }),
      longest_(loop, [this] { stop_lingering(); }) {}

Wire::Key Wire::key_of(const tcp::SegmentEnd& a, const tcp::SegmentEnd& b) {
  return b < a ? Key{b, a} : Key{a, b};
}

// What is captured

/// Loopback addresses are on `lo` only. All others may be anywhere: our own ones on `lo`, too.
void Wire::cover(const Address& address, bool listening) {
  const tcp::SegmentEnd end = end_of(address);
  if (broken_ || address.is_unix()) return;
  // To connect to the unspecified address is to connect to this machine.
  const bool local = end.ip.is_loopback() || (end.ip.is_unspecified() && !listening);
  const bool wider = !capture_ || (!local && interface_ == "lo");
  const bool all_hosts = filters_.contains(filter_of({{}, end.port}));
  const bool more = !all_hosts && filters_.insert(filter_of(end)).second;
  if (wider) return open(local ? "lo" : "any");
  if (!more) return;
  std::string why;
  fetch();
  if (!capture_->set_filter(fmt::format("{}", fmt::join(filters_, " or ")), why)) fail(why);
}

void Wire::open(const std::string& interface) {
  // Of a segment its headers, unless all of it goes to the file: a frame of `lo` has up to 64 KiB.
  static constexpr std::size_t headers = 256;
  static constexpr std::size_t whole = 65536 + 64;
  std::string why;
  auto wider = os::Capture::open(interface, fmt::format("{}", fmt::join(filters_, " or ")),
                                 pcap_ ? whole : headers, why);
  if (!wider) return fail(fmt::format("on {}: {}", interface, why));
  if (capture_) {
    fetch();
    dropped_ += capture_->dropped();
  }
  poll_.reset();
  capture_ = std::move(wider);
  ++captures_;
  interface_ = interface;
  poll_ = uv::Poll::create(loop_, capture_->fd(), this, [](void* owner, int events) {
    auto* self = static_cast<Wire*>(owner);
    if (events < 0)
      return self->fail(fmt::format("on {}: {}", self->interface_, errno_text(-events)));
    self->fetch();
    self->deliver();
  });
  poll_->unref();
  poll_->watch(UV_READABLE);
}

void Wire::fail(const std::string& why) {
  if (std::exchange(broken_, true)) return;
  if (poll_) poll_->watch(0);
  failed_(why);
}

/// Takes what was captured. Tells nobody yet: who hears of a segment may act on its connection,
/// which may be in the middle of something.
void Wire::fetch() {
  if (!capture_ || broken_) return;
  clock_.adjust();
  std::string why;
  const bool good = capture_->read(
      [this](const os::Capture::Frame& frame) {
        auto segment = tcp::parse_segment(capture_->link(), frame.bytes, frame.size);
        if (!segment) return;
        const bool lost =
            !discards_.empty() && discards_.covers(*segment, clock_.monotonic(frame.time));
        if (!lost) log_.add(*segment, frame.time);
        std::string packet;
        if (pcap_) packet = frame.bytes.substr(segment->packet_at, segment->packet_size);
        const std::uint64_t source = captures_ << 32U | segment->interface;
        arrived_.push_back({std::move(*segment), frame.time, std::move(packet), source, lost});
      },
      why);
  if (!good) fail(fmt::format("on {}: {}", interface_, why));
}

std::optional<SegmentTimes> Wire::segments(const Address& local, const Address& remote) {
  fetch();
  auto times = log_.times(end_of(local), end_of(remote));
  if (times) times->turn([this](std::uint64_t time) { return clock_.monotonic(time); });
  return times;
}

void Wire::deliver() {
  // What a record causes may bring us here again.
  while (!arrived_.empty()) {
    Captured captured = std::move(arrived_.front());
    arrived_.pop_front();
    sort(std::move(captured));
  }
}

bool Wire::catch_up() {
  fetch();
  deliver();
  if (!pcap_) return false;
  using std::chrono::nanoseconds;
  const nanoseconds wall = std::chrono::system_clock::now().time_since_epoch();
  return pcap_->settle(static_cast<std::uint64_t>(wall.count()), waiting_since());
}

std::uint64_t Wire::untold() {
  const std::uint64_t since = waiting_since();
  return since == UINT64_MAX ? since : clock_.monotonic(since);
}

std::uint64_t Wire::waiting_since() {
  // Longer than a busy program takes to accept a client. Some are never accepted.
  static constexpr std::uint64_t patience = 500'000'000;
  const std::uint64_t now = uv_hrtime();
  while (!knocking_.empty()) {
    const auto& [key, time] = knocking_.front();
    const auto it = connections_.find(key);
    const bool accepted = it != connections_.end() && !it->second.followed_by_another;
    if (!accepted && clock_.monotonic(time) + patience > now) return time;
    knocking_.pop_front();
  }
  return UINT64_MAX;
}

// Whose it is

void Wire::sort(Captured captured) {
  const tcp::Segment& s = captured.segment;
  const auto it = connections_.find(key_of(s.from, s.to));
  if (it == connections_.end()) return keep(std::move(captured));
  Connection& connection = it->second;
  if (connection.before) {
    // What is still on its way of the connection before this one.
    if (!s.has(tcp::Segment::syn)) return tell(*connection.before, captured);
    connection.before.reset();
  }
  const bool first = s.has(tcp::Segment::syn) && !s.has(tcp::Segment::ack_flag);
  const bool gone = !connection.open || connection.analysis.over();
  const bool another =
      connection.analysis.begins_another(s) || (!connection.open && connection.analysis.over());
  // The ports are used again, by a connection that has not been accepted yet.
  connection.followed_by_another |= first && gone && another;
  if (connection.followed_by_another) return keep(std::move(captured));
  tell(connection, captured);
}

/// Until somebody says that it is ours; others on the same port pass here, too.
void Wire::keep(Captured captured) {
  static constexpr std::size_t most = 8192;
  static constexpr std::size_t most_bytes = 16 << 20;
  const tcp::Segment& s = captured.segment;
  if (s.has(tcp::Segment::syn) && !s.has(tcp::Segment::ack_flag) && listening_.count(s.to.port) > 0)
    knocking_.emplace_back(key_of(s.from, s.to), captured.time);
  if (knocking_.size() > most) knocking_.pop_front();
  early_bytes_ += captured.packet.size();
  early_.push_back(std::move(captured));
  while (early_.size() > most || early_bytes_ > most_bytes) {
    early_bytes_ -= early_.front().packet.size();
    early_.pop_front();
  }
}

void Wire::tell(Connection& connection, const Captured& captured) {
  static constexpr std::size_t most_recent = 16;
  std::deque<Captured>& recent = connection.recent;
  const bool duplicate = std::any_of(recent.begin(), recent.end(), [&](const Captured& c) {
    return c.source != captured.source && same(c.segment, captured.segment);
  });
  if (duplicate) return;
  recent.push_back({captured.segment, captured.time, {}, captured.source});
  if (recent.size() > most_recent) recent.pop_front();

  auto record = connection.analysis.add(captured.segment);
  record.lost = captured.lost;
  if (pcap_) pcap_->add(captured.time, captured.packet, captured.segment.packet_size);
  if (lingering_) {
    if (all_over()) {
      stop_lingering();
    } else {
      quiet_.start(quiet_time);
    }
  }
  trace::Tracer& tracer = *connection.tracer;
  if (!tracer.wants(record::Layer::wire)) return;
  const std::uint64_t start = tracer.epoch().monotonic_ns;
  const std::uint64_t at = clock_.monotonic(captured.time);
  tracer.emit_at(at - std::min(at, start), connection.role, connection.number, std::move(record));
}

/// From now on the segments between these ends are this socket's, those that came before, too.
void Wire::follow(net::Socket& socket, const Key& key) {
  const record::Role role = socket.is_client() ? record::Role::client : record::Role::server;
  Connection connection{&socket.engine().tracer(), role, socket.number(), &socket};
  if (const auto it = connections_.find(key); it != connections_.end()) {
    Connection& known = it->second;
    if (known.socket == &socket) return;  // as an attempt
    // The client at its other end is ours, too.
    const bool told = known.role == record::Role::client && !socket.is_client();
    if (told && !known.followed_by_another) return;
    // Not all of the old one's segments need have been looked at yet.
    if (!known.followed_by_another)
      connection.before = std::make_unique<Connection>(std::move(known));
    connections_.erase(it);
  }
  connections_.emplace(key, std::move(connection));
  discards_.forget(key.first, key.second);
  std::deque<Captured> own;
  std::optional<std::uint32_t> syn;
  for (auto it = early_.begin(); it != early_.end();) {
    if (key_of(it->segment.from, it->segment.to) != key) {
      ++it;
      continue;
    }
    early_bytes_ -= it->packet.size();
    // A connection that was reset before it was accepted has no ends to know it by.
    const tcp::Segment& s = it->segment;
    const bool first = s.has(tcp::Segment::syn) && !s.has(tcp::Segment::ack_flag);
    if (first && std::exchange(syn, s.seq).value_or(s.seq) != s.seq) own.clear();
    own.push_back(std::move(*it));
    it = early_.erase(it);
  }
  // Ahead of what has been fetched since.
  arrived_.insert(arrived_.begin(), std::make_move_iterator(own.begin()),
                  std::make_move_iterator(own.end()));
}

void Wire::close(const net::Socket& socket, const Key& key, bool abandoned) {
  // A FIN or a RST may yet come; after so many others it is no more expected.
  static constexpr std::size_t most_closed = 1024;
  const auto it = connections_.find(key);
  if (it == connections_.end()) return;
  Connection& newest = it->second;
  Connection& connection = newest.before && newest.socket != &socket ? *newest.before : newest;
  if (connection.socket != &socket) return;
  connection.socket = nullptr;
  connection.open = false;
  connection.abandoned = abandoned;
  if (&connection != &newest) return;
  closed_.push_back(key);
  if (closed_.size() <= most_closed) return;
  const auto oldest = connections_.find(closed_.front());
  if (oldest != connections_.end() && !oldest->second.open) {
    discards_.forget(oldest->first.first, oldest->first.second);
    connections_.erase(oldest);
  }
  closed_.pop_front();
}

void Wire::before_attempt(net::Socket& /*socket*/, int /*fd*/, const Address& remote) {
  attempted_ = remote;
  cover(remote, false);
}

void Wire::on_attempt(net::Socket& socket, int fd, int /*err*/, std::uint64_t /*began*/) {
  if (attempted_.is_unix()) return;
  const auto name = net::local_address(fd);
  if (!name) return;
  const tcp::SegmentEnd local = end_of(*name);
  tcp::SegmentEnd remote = end_of(attempted_);
  if (remote.ip.is_unspecified()) remote.ip = local.ip;
  const Key key = key_of(local, remote);
  attempts_[&socket] = key;
  follow(socket, key);
}

void Wire::on_attempt_failed(net::Socket& socket, int /*fd*/) {
  const auto it = attempts_.find(&socket);
  if (it == attempts_.end()) return;
  close(socket, it->second, true);
  attempts_.erase(it);
}

void Wire::on_listening(net::Listener& /*listener*/, const Address& local) {
  if (!local.is_unix()) listening_.insert(static_cast<std::uint16_t>(local.port()));
  cover(local, true);
}

void Wire::on_open(net::Socket& socket) {
  const bool attempted = attempts_.erase(&socket) > 0;
  const auto& [local, remote] = socket.ends();
  if (!local || !remote || local->is_unix()) return;
  if (socket.is_client() && !attempted) cover(*remote, false);  // inherited
  follow(socket, key_of(end_of(*local), end_of(*remote)));
}

void Wire::on_discard(net::Socket& socket, bool on) {
  const auto& [local, remote] = socket.ends();
  if (!local || !remote || local->is_unix()) return;
  discards_.set(end_of(*local), end_of(*remote), on);
}

void Wire::on_closing(net::Socket& socket) {
  const auto& [local, remote] = socket.ends();
  if (!local || !remote || local->is_unix()) return;
  // What is left of a socket that sends a FIN goes on discarding.
  const bool discards = discards_.knows(end_of(*local), end_of(*remote));
  if (discards && os::predict_close(socket.fd()).goes != os::Closing::Goes::fin)
    on_discard(socket, false);
  close(socket, key_of(end_of(*local), end_of(*remote)), false);
}

// The end

bool Wire::all_over() const {
  return std::all_of(connections_.begin(), connections_.end(), [](const auto& entry) {
    return entry.second.abandoned || entry.second.analysis.over();
  });
}

void Wire::linger() {
  catch_up();
  if (!capture_ || broken_ || all_over()) return;
  lingering_ = true;
  quiet_.start(quiet_time);
  longest_.start(longest_time);
}

void Wire::stop_lingering() {
  lingering_ = false;
  quiet_.stop();
  longest_.stop();
}

void Wire::finish() {
  catch_up();
  if (pcap_) pcap_->flush();
  if (capture_) dropped_ += capture_->dropped();
  if (dropped_ == 0) return;
  notice_(fmt::format("{} segments passed too fast to be captured: they are missing", dropped_));
  dropped_ = 0;
}

}  // namespace tcpkit::watch
