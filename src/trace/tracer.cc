#include "trace/tracer.h"

#include <uv.h>

#include <algorithm>
#include <utility>

#include "record/lessons.h"

namespace tcpkit::trace {

void Tracer::add(std::shared_ptr<Sink> sink, Layers layers) {
  sinks_.push_back({std::move(sink), layers});
  wanted_.add(layers);
}

void Tracer::emit(record::Role role, unsigned conn, std::optional<record::ReadyState> state,
                  record::Body body) {
  pass({now(), role, conn, state, std::move(body), actor_});
}

void Tracer::emit_at(std::uint64_t nanoseconds, record::Role role, unsigned conn,
                     record::Body body) {
  pass({nanoseconds, role, conn, {}, std::move(body), actor_});
}

std::uint64_t Tracer::now() const {
  return uv_hrtime() - epoch_.monotonic_ns;
}

void Tracer::join(unsigned conn, unsigned pair) {
  if (conn >= pairs_.size()) pairs_.resize(conn + 1);
  pairs_[conn] = pair;
}

void Tracer::pass(record::Record record) {
  if (record.conn < pairs_.size()) record.pair = pairs_[record.conn];
  give(record);
  teach(record);
  if (observed_.has(record.layer())) observer_->on_record(record);
}

void Tracer::teach(const record::Record& record) {
  if (taught_ == nullptr || record.layer() == record::Layer::note || !wanted_.has(record.layer()))
    return;
  // The text itself is the key: a call and an event of one name have different ones.
  const std::string_view text = record::explain(record);
  if (text.empty() || !taught_->insert(text).second) return;
  give({record.nanoseconds,
        record::Role::none,
        0,
        {},
        record::note::Explain{record.name(), text},
        actor_});
}

void Tracer::give(const record::Record& record) {
  for (const Subscription& s : sinks_) {
    if (s.layers.has(record.layer())) s.sink->write(record);
  }
}

void Tracer::flush() {
  for (const Subscription& s : sinks_)
    s.sink->flush();
}

std::uint64_t Tracer::handed_on() const {
  std::uint64_t latest = 0;
  for (const Subscription& s : sinks_)
    latest = std::max(latest, s.sink->handed_on());
  return latest;
}

bool Tracer::settle(std::uint64_t told) {
  bool holding = false;
  for (const Subscription& s : sinks_)
    holding |= s.sink->settle(now(), told);
  return holding;
}

void Tracer::write_out() {
  for (const Subscription& s : sinks_)
    s.sink->write_out();
}

}  // namespace tcpkit::trace
