#pragma once

#include <cstdint>
#include <optional>

#include "tcp/states.h"
#include "trace/tracer.h"
#include "watch/segment_log.h"

namespace tcpkit::watch {

/// The course of one connection: all that is known of it, from what our end did, from the kernel's
/// answers and from its segments, and what was reported. The one place that decides what a record
/// of the kernel layer says: states in the order of RFC 9293, acknowledgements that only grow,
/// times that never go back.
class Course {
 public:
  Course(trace::Tracer& tracer, record::Role role, unsigned number)
      : tracer_(&tracer), role_(role), number_(number) {}

  /// A connection that is in `state`, of which nothing was reported yet.
  void begin(tcp::State state) { state_ = state; }
  /// As begin(), for a connect(2) that was called at `time`, in nanoseconds since the program's
  /// start. `seen`: the kernel was seen in SYN_SENT.
  void ask(std::uint64_t time, bool seen);
  [[nodiscard]] tcp::State state() const { return state_; }
  /// Nothing more is reported: CLOSED, TIME_WAIT, or nobody knows.
  [[nodiscard]] bool over() const { return over_; }

  // What our end did
  /// It is its own peer: whatever one end sends crosses what the other one sends.
  void with_itself() { facts_.syns_crossed = facts_.fins_crossed = true; }
  void connected() { facts_.connected = true; }
  /// All bytes that were given to the kernel, since the connection's beginning.
  void sent(std::uint64_t bytes);
  void fin_sent() { facts_.fin_sent = true; }
  [[nodiscard]] bool has_sent_fin() const { return facts_.fin_sent; }
  /// Bytes are yet to be acknowledged.
  [[nodiscard]] bool waits_for_ack() const { return acked_ < sent_; }
  [[nodiscard]] std::uint64_t acked() const { return acked_; }

  // What the kernel says
  /// Our SYN counts among the bytes that it says were acknowledged.
  void counts_syn(bool yes) { syn_ = yes ? 1 : 0; }
  /// Its count of acknowledged bytes, SYN and FIN among them.
  void count_acked(std::uint64_t bytes);
  /// Of such a count, the bytes of data.
  [[nodiscard]] std::uint64_t count_data(std::uint64_t bytes) const {
    return bytes - (bytes < syn_ ? bytes : syn_);
  }
  /// All that it counted is reported, as inferred.
  void settle_acks();
  void fin_came() { facts_.fin_came = true; }
  /// `bytes` of our data are acknowledged. `time`: when, in nanoseconds since the program's start;
  /// empty: before now, so that the record is marked inferred.
  void acknowledge(std::uint64_t bytes, std::optional<std::uint64_t> time,
                   std::optional<std::uint32_t> rtt_us);
  /// It is at `state` now. `seen`: the kernel said so.
  /// `segments` (their times on the same clock) fill in what was too fast to be seen.
  void arrive(tcp::State state, const std::optional<SegmentTimes>& segments, bool seen = true);

  /// Emits a record of this connection, now.
  template <class B>
  void emit(B body) {
    tracer_->emit(role_, number_, {}, std::move(body));
  }

 private:
  void learn(const SegmentTimes& segments);
  void step(tcp::State next, bool seen, const std::optional<SegmentTimes>& segments);
  [[nodiscard]] std::optional<std::uint64_t> time_of(tcp::State next, const SegmentTimes& s) const;
  void report_fin_acked(std::uint64_t time, bool inferred);

  trace::Tracer* tracer_;
  record::Role role_;
  unsigned number_;
  tcp::State state_ = tcp::State::closed;
  tcp::Facts facts_;
  std::uint64_t sent_ = 0;
  std::uint64_t acked_ = 0;
  std::uint64_t syn_ = 0;
  std::uint64_t last_state_at_ = 0;  ///< nanoseconds since the program's start, as all times here
  std::uint64_t last_ack_at_ = 0;
  std::uint64_t counted_ = 0;  ///< of acknowledged bytes, by the kernel
  bool fin_reported_ = false;
  bool over_ = false;
};

}  // namespace tcpkit::watch
