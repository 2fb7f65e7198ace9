#include "watch/wire.h"

#include <fmt/format.h>
#include <uv.h>

#include <algorithm>
#include <chrono>

#include "base/error.h"
#include "net/addresses.h"
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

Owner owner_of(const net::Connection& end) {
  return {end.tracer, end.role, end.number};
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
    if (Conversation* conversation = conversations_.find(captured)) report(*conversation, captured);
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
  return conversations_.waiting_since(clock_.realtime(uv_hrtime() - patience));
}

void Wire::report(Conversation& conversation, const Captured& captured) {
  if (conversation.repeats(captured)) return;
  auto record = conversation.analysis.add(captured.segment);
  record.lost = captured.lost;
  if (pcap_) pcap_->add(captured.time, captured.packet, captured.segment.packet_size);
  if (lingering_) {
    if (conversations_.all_over()) {
      stop_lingering();
    } else {
      quiet_.start(quiet_time);
    }
  }
  const Owner& owner = conversation.owner;
  trace::Tracer& tracer = *owner.tracer;
  if (!tracer.wants(record::Layer::wire)) return;
  const std::uint64_t start = tracer.epoch().monotonic_ns;
  const std::uint64_t at = clock_.monotonic(captured.time);
  tracer.emit_at(at - std::min(at, start), owner.role, owner.number, std::move(record));
}

/// From now on the segments between these ends are this one's, those that came before, too.
void Wire::follow(const net::Connection& end, const Key& key) {
  auto own = conversations_.follow(owner_of(end), key);
  if (!own) return;
  discards_.forget(key.first, key.second);
  // Ahead of what has been fetched since.
  arrived_.insert(arrived_.begin(), std::make_move_iterator(own->begin()),
                  std::make_move_iterator(own->end()));
}

void Wire::close(const net::Connection& end, const Key& key, bool abandoned) {
  conversations_.close(owner_of(end), key, abandoned,
                       [this](const Key& old) { discards_.forget(old.first, old.second); });
}

void Wire::before_attempt(const net::Connection& /*end*/, const Address& remote) {
  attempted_ = remote;
  cover(remote, false);
}

void Wire::on_attempt(const net::Connection& end, int /*err*/, std::uint64_t /*began*/) {
  if (attempted_.is_unix()) return;
  const auto name = net::local_address(end.fd);
  if (!name) return;
  const tcp::SegmentEnd local = end_of(*name);
  tcp::SegmentEnd remote = end_of(attempted_);
  if (remote.ip.is_unspecified()) remote.ip = local.ip;
  const Key key = Conversations::key_of(local, remote);
  attempts_[{end.tracer, end.number}] = key;
  follow(end, key);
}

void Wire::on_attempt_failed(const net::Connection& end) {
  const auto it = attempts_.find({end.tracer, end.number});
  if (it == attempts_.end()) return;
  close(end, it->second, true);
  attempts_.erase(it);
}

void Wire::on_listening(const Address& local) {
  if (!local.is_unix()) conversations_.listen(static_cast<std::uint16_t>(local.port()));
  cover(local, true);
}

void Wire::on_open(const net::Connection& end) {
  const bool attempted = attempts_.erase({end.tracer, end.number}) > 0;
  const auto& [local, remote] = *end.ends;
  if (!local || !remote || local->is_unix()) return;
  if (end.is_client() && !attempted) cover(*remote, false);  // inherited
  follow(end, Conversations::key_of(end_of(*local), end_of(*remote)));
}

void Wire::on_discard(const net::Connection& end, bool on) {
  const auto& [local, remote] = *end.ends;
  if (!local || !remote || local->is_unix()) return;
  discards_.set(end_of(*local), end_of(*remote), on);
}

void Wire::on_closing(const net::Connection& end) {
  const auto& [local, remote] = *end.ends;
  if (!local || !remote || local->is_unix()) return;
  // What is left of a socket that sends a FIN goes on discarding.
  const bool discards = discards_.knows(end_of(*local), end_of(*remote));
  if (discards && os::predict_close(end.fd).goes != os::Closing::Goes::fin) on_discard(end, false);
  close(end, Conversations::key_of(end_of(*local), end_of(*remote)), false);
}

// The end

void Wire::linger() {
  catch_up();
  if (!capture_ || broken_ || conversations_.all_over()) return;
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
