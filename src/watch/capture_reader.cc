#include "watch/capture_reader.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <utility>
#include <vector>

#include "tcp/states.h"

namespace tcpkit::watch {
namespace {

constexpr std::array roles{record::Role::client, record::Role::server};

std::optional<std::string_view> name_of(std::optional<tcp::State> state) {
  return state ? std::optional(tcp::to_string(*state)) : std::nullopt;
}

}  // namespace

record::Epoch epoch_at(std::uint64_t start) {
  using std::chrono::system_clock;
  const std::chrono::nanoseconds since(static_cast<std::int64_t>(start));
  return {0, system_clock::time_point(std::chrono::duration_cast<system_clock::duration>(since))};
}

bool CaptureReader::is_chosen(unsigned number, const tcp::Segment& segment) const {
  if (choice_.number && *choice_.number != number) return false;
  return !choice_.ends || *choice_.ends == Conversations::key_of(segment.from, segment.to);
}

void CaptureReader::emit(std::uint64_t time, record::Role role, unsigned number,
                         record::Body body) {
  tracer_.emit_at(time - std::min(time, start_), role, number, std::move(body));
}

void CaptureReader::add(const os::Capture::Frame& frame) {
  bool cut = false;
  auto segment = tcp::parse_segment(link_, frame.bytes, frame.size, cut);
  if (!segment) {
    cut_ += cut ? 1 : 0;
    return;
  }
  ++segments_;
  latest_ = std::max(latest_, frame.time);
  summarise_quiet(frame.time);
  Conversation& conversation = conversations_.meet(
      *segment, frame.time, tracer_, [this](const Owner& owner) { summarise(owner.number); });
  // On the interface `any` a segment may pass two interfaces.
  if (link_ == tcp::Link::cooked2 &&
      conversation.repeats({*segment, frame.time, {}, segment->interface})) {
    return;
  }
  const unsigned number = conversation.owner.number;
  const bool shown = is_chosen(number, *segment);
  found_ |= shown;
  std::string_view label;
  if (shown && tracer_.wants(record::Layer::wire)) {
    record::wire::Segment record = conversation.analysis.add(*segment);
    label = record.label;
    emit(frame.time, conversation.owner.role, number, std::move(record));
  } else {
    label = conversation.analysis.pass(*segment);
  }
  auto known = stories_.find(number);
  if (known == stories_.end()) {
    if (conversation.summarised) return;
    conversation.summarised = true;
    known = stories_.emplace(number, Kept{Story(*segment), shown}).first;
  }
  Kept& kept = known->second;
  kept.last = frame.time;
  const bool states = shown && tracer_.wants(record::Layer::kernel);
  kept.story.add(*segment, frame.time, label, [&](const tcp::Inference::Step& step) {
    if (!states) return;
    emit(frame.time, roles.at(step.end), number,
         record::kernel::State{name_of(step.from), tcp::to_string(step.to), true});
  });
  const bool over = conversation.analysis.over() || kept.story.over();
  if (over && !std::exchange(kept.over, true)) ended_.push_back(number);
}

/// Of connections that have ended: nothing more is expected of them.
void CaptureReader::summarise_quiet(std::uint64_t now) {
  while (!ended_.empty()) {
    const unsigned number = ended_.front();
    const auto known = stories_.find(number);
    if (known != stories_.end()) {
      const std::uint64_t last = known->second.last;
      if (last <= now && now - last < rest) return;
      summarise(number);
    }
    ended_.pop_front();
  }
}

void CaptureReader::summarise(unsigned number) {
  const auto known = stories_.find(number);
  if (known == stories_.end()) return;
  const Kept& kept = known->second;
  if (kept.shown && tracer_.wants(record::Layer::note)) {
    auto outcome = std::make_shared<record::Outcome>(kept.story.outcome(kept.over));
    emit(latest_, record::Role::client, number, record::note::Summary{std::move(outcome)});
  }
  stories_.erase(known);
}

void CaptureReader::finish() {
  std::vector<unsigned> left;
  left.reserve(stories_.size());
  for (const auto& [number, kept] : stories_)
    left.push_back(number);
  std::sort(left.begin(), left.end());
  for (const unsigned number : left)
    summarise(number);
}

}  // namespace tcpkit::watch
