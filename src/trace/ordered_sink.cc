#include "trace/ordered_sink.h"

#include <algorithm>
#include <utility>

namespace tcpkit::trace {
namespace {

/// Where the body has it; nullptr for records without bytes.
record::Payload* payload_of(record::Body& body) {
  return std::visit(
      [](auto& b) -> record::Payload* {
        if constexpr (requires { b.payload; }) {
          return &b.payload;
        } else {
          return nullptr;
        }
      },
      body);
}

}  // namespace

void OrderedSink::write(const record::Record& record) {
  // Nearly all come in order: looked for from the end.
  const auto earlier = std::find_if(held_.rbegin(), held_.rend(), [&](const Held& held) {
    return held.record.nanoseconds <= record.nanoseconds;
  });
  Held& held = *held_.insert(earlier.base(), Held{record, {}});
  if (const record::Payload* payload = payload_of(held.record.body)) held.payload = payload->bytes;
}

void OrderedSink::release() {
  Held& held = held_.front();
  // Only now: a deque moves what it holds, and short strings with it.
  if (record::Payload* payload = payload_of(held.record.body)) payload->bytes = held.payload;
  next_->write(held.record);
  handed_on_ = std::max(handed_on_, held.record.nanoseconds);
  held_.pop_front();
}

void OrderedSink::flush() {
  while (!held_.empty())
    release();
  next_->flush();
}

bool OrderedSink::settle(std::uint64_t now, std::uint64_t told) {
  // A loop that was busy has not yet read what happened in the kernel since the last time.
  const std::uint64_t read_until = std::exchange(last_settle_, now);
  const auto ripe = [&](std::uint64_t time) {
    return time + hold <= now && time < told && time <= read_until;
  };
  while (!held_.empty() && ripe(held_.front().record.nanoseconds))
    release();
  next_->flush();
  return !held_.empty();
}

}  // namespace tcpkit::trace
