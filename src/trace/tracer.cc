#include "trace/tracer.h"

#include <uv.h>

#include <utility>

#include "trace/explain.h"

namespace tcpkit::trace {

Epoch Epoch::now() {
  // Whole microseconds, as in the records: `time` less `t` is the same in each of them.
  const auto now = std::chrono::system_clock::now();
  return {uv_hrtime(), std::chrono::floor<std::chrono::microseconds>(now)};
}

void Tracer::add(std::shared_ptr<Sink> sink, Layers layers) {
  sinks_.push_back({std::move(sink), layers});
  wanted_.add(layers);
}

void Tracer::emit(Role role, unsigned conn, std::optional<ReadyState> state, Body body) {
  pass({now(), role, conn, state, std::move(body), actor_});
}

void Tracer::emit_at(std::uint64_t nanoseconds, Role role, unsigned conn, Body body) {
  pass({nanoseconds, role, conn, {}, std::move(body), actor_});
}

std::uint64_t Tracer::now() const {
  return uv_hrtime() - epoch_.monotonic_ns;
}

void Tracer::pass(const Record& record) {
  give(record);
  teach(record);
  if (observed_.has(record.layer())) observer_->on_record(record);
}

void Tracer::teach(const Record& record) {
  if (taught_ == nullptr || record.layer() == Layer::note || !wanted_.has(record.layer())) return;
  // The text itself is the key: a call and an event of one name have different ones.
  const std::string_view text = explain(record.layer(), record.role, record.name());
  if (text.empty() || !taught_->insert(text).second) return;
  give({record.nanoseconds, Role::none, 0, {}, note::Explain{record.name(), text}, actor_});
}

void Tracer::give(const Record& record) {
  for (const Subscription& s : sinks_) {
    if (s.layers.has(record.layer())) s.sink->write(record);
  }
}

void Tracer::flush() {
  for (const Subscription& s : sinks_)
    s.sink->flush();
}

bool Tracer::settle() {
  bool holding = false;
  for (const Subscription& s : sinks_)
    holding |= s.sink->settle(now(), told_);
  return holding;
}

}  // namespace tcpkit::trace
