#include "watch/conversations.h"

#include <algorithm>
#include <iterator>
#include <string_view>

namespace tcpkit::watch {
namespace {

/// The first segment of a connection.
bool asks(const tcp::Segment& segment) {
  return segment.has(tcp::Segment::syn) && !segment.has(tcp::Segment::ack_flag);
}

/// 64 bits that depend on all of `a` and `b`.
std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
  static constexpr std::uint64_t odd = 0x9e3779b97f4a7c15;  // 2^64 / golden ratio
  const std::uint64_t product = (a ^ (b + odd)) * odd;
  return product ^ (product >> 29U);
}

}  // namespace

bool Conversation::repeats(const Captured& captured) {
  const tcp::Segment& s = captured.segment;
  const Print print{s.from,         s.seq,   s.ack,   s.length,
                    s.window,       s.ip_id, s.flags, std::hash<std::string_view>()(s.options),
                    captured.source};
  const bool again = std::any_of(recent_.begin(), recent_.end(), [&](const Print& p) {
    return p.source != print.source && p.from == print.from && p.seq == print.seq &&
           p.ack == print.ack && p.length == print.length && p.window == print.window &&
           p.ip_id == print.ip_id && p.flags == print.flags && p.options == print.options;
  });
  if (again) return true;
  if (recent_.size() < most_recent) {
    recent_.push_back(print);
  } else {
    recent_[passed_++ % most_recent] = print;
  }
  return false;
}

std::size_t Conversations::Hash::operator()(const Key& key) const {
  std::uint64_t hash = std::uint64_t{key.first.port} << 16U | key.second.port;
  for (const tcp::SegmentEnd* end : {&key.first, &key.second})
    hash = mix(mix(hash, end->ip.bits.high), end->ip.bits.low);
  return hash;
}

Conversation* Conversations::find(Captured& captured) {
  const tcp::Segment& s = captured.segment;
  const auto it = conversations_.find(key_of(s.from, s.to));
  if (it == conversations_.end()) {
    keep(std::move(captured));
    return nullptr;
  }
  Conversation& known = it->second;
  if (known.before) {
    // What is still on its way of the connection before this one.
    if (!s.has(tcp::Segment::syn)) return known.before.get();
    known.before.reset();
  }
  const bool gone = !known.open || known.analysis.over();
  const bool another = known.analysis.begins_another(s) || (!known.open && known.analysis.over());
  // The ports are used again, by a connection that has not been accepted yet.
  known.followed_by_another |= asks(s) && gone && another;
  if (!known.followed_by_another) return &known;
  keep(std::move(captured));
  return nullptr;
}

/// Others on the same port pass here, too.
void Conversations::keep(Captured captured) {
  static constexpr std::size_t most = 8192;
  static constexpr std::size_t most_bytes = 16 << 20;
  const tcp::Segment& s = captured.segment;
  if (asks(s) && listening_.count(s.to.port) > 0)
    knocking_.emplace_back(key_of(s.from, s.to), captured.time);
  if (knocking_.size() > most) knocking_.pop_front();
  early_bytes_ += captured.packet.size();
  early_.push_back(std::move(captured));
  while (early_.size() > most || early_bytes_ > most_bytes) {
    early_bytes_ -= early_.front().packet.size();
    early_.pop_front();
  }
}

std::optional<std::vector<Captured>> Conversations::follow(const Owner& owner, const Key& key) {
  Conversation conversation(owner);
  if (const auto it = conversations_.find(key); it != conversations_.end()) {
    Conversation& known = it->second;
    if (known.open && known.owner == owner) return {};  // as an attempt
    // The client at its other end is ours, too.
    const bool taken = known.owner.role == record::Role::client && owner.role != known.owner.role;
    if (taken && !known.followed_by_another) return {};
    // Not all of the old one's segments need have been looked at yet.
    if (!known.followed_by_another)
      conversation.before = std::make_unique<Conversation>(std::move(known));
    conversations_.erase(it);
  }
  conversations_.emplace(key, std::move(conversation));
  std::vector<Captured> own;
  std::optional<std::uint32_t> syn;
  for (auto it = early_.begin(); it != early_.end();) {
    const tcp::Segment& s = it->segment;
    if (key_of(s.from, s.to) != key) {
      ++it;
      continue;
    }
    early_bytes_ -= it->packet.size();
    // A connection that was reset before it was accepted has no ends to know it by.
    if (asks(s) && std::exchange(syn, s.seq).value_or(s.seq) != s.seq) own.clear();
    own.push_back(std::move(*it));
    it = early_.erase(it);
  }
  return own;
}

void Conversations::close(const Owner& owner, const Key& key, bool abandoned,
                          const std::function<void(const Key&)>& forget) {
  static constexpr std::size_t most_closed = 1024;
  const auto it = conversations_.find(key);
  if (it == conversations_.end()) return;
  Conversation& newest = it->second;
  const auto is_ours = [&](const Conversation& c) { return c.open && c.owner == owner; };
  Conversation& conversation = newest.before && !is_ours(newest) ? *newest.before : newest;
  if (!is_ours(conversation)) return;
  conversation.open = false;
  conversation.abandoned = abandoned;
  if (&conversation != &newest) return;
  closed_.push_back(key);
  if (closed_.size() <= most_closed) return;
  const auto oldest = conversations_.find(closed_.front());
  if (oldest != conversations_.end() && !oldest->second.open) {
    forget(oldest->first);
    conversations_.erase(oldest);
  }
  closed_.pop_front();
}

Conversation& Conversations::meet(const tcp::Segment& s, std::uint64_t time, trace::Tracer& tracer,
                                  const Forget& forget) {
  const Key key = key_of(s.from, s.to);
  auto it = conversations_.find(key);
  if (it != conversations_.end()) {
    const tcp::Analysis& known = it->second.analysis;
    // A SYN after segments without one: the rest of a connection that began before the capture.
    if (known.begins_another(s) || (asks(s) && !known.has_syn())) {
      forget(it->second.owner);
      conversations_.erase(it);
      it = conversations_.end();
    }
  }
  if (it == conversations_.end()) {
    if (conversations_.size() >= most_met) make_room(forget);
    const Owner owner{&tracer, record::Role::client, ++met_};
    it = conversations_.emplace(key, Conversation(owner)).first;
  }
  it->second.met_at = time;
  return it->second;
}

/// Of a quarter at once, so that it is seldom.
void Conversations::make_room(const Forget& forget) {
  std::vector<std::pair<std::uint64_t, Key>> all;  // those that are over first
  all.reserve(conversations_.size());
  for (const auto& [key, conversation] : conversations_)
    all.emplace_back(conversation.analysis.over() ? 0 : conversation.met_at, key);
  const auto kept = all.begin() + static_cast<std::ptrdiff_t>(all.size() / 4);
  std::nth_element(all.begin(), kept, all.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<Owner> owners;
  for (auto it = all.begin(); it != kept; ++it) {
    const auto found = conversations_.find(it->second);
    owners.push_back(found->second.owner);
    conversations_.erase(found);
  }
  std::sort(owners.begin(), owners.end(),
            [](const Owner& a, const Owner& b) { return a.number < b.number; });
  for (const Owner& owner : owners)
    forget(owner);
}

std::uint64_t Conversations::waiting_since(std::uint64_t patience) {
  while (!knocking_.empty()) {
    const auto& [key, time] = knocking_.front();
    const auto it = conversations_.find(key);
    const bool accepted = it != conversations_.end() && !it->second.followed_by_another;
    if (!accepted && time > patience) return time;
    knocking_.pop_front();
  }
  return UINT64_MAX;
}

bool Conversations::all_over() const {
  return std::all_of(conversations_.begin(), conversations_.end(), [](const auto& entry) {
    return entry.second.abandoned || entry.second.analysis.over();
  });
}

}  // namespace tcpkit::watch
