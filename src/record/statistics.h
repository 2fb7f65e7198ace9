#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/distribution.h"
#include "record/field.h"
#include "record/layer.h"

namespace tcpkit::record {

/// One time of many connections, in microseconds; the trace has milliseconds. Empty if no
/// connection has it.
struct Spread {
  std::optional<std::int64_t> min;
  std::optional<std::int64_t> median;
  std::optional<std::int64_t> p95;  ///< nearest rank
  std::optional<std::int64_t> p99;
  std::optional<std::int64_t> max;
};

inline Spread spread_of(const Distribution& times) {
  static constexpr unsigned p95 = 95;
  static constexpr unsigned p99 = 99;
  if (times.count() == 0) return {};
  return {times.min(), times.median(), times.percentile(p95), times.percentile(p99), times.max()};
}

/// What `ping` has seen: how many tries ended in which way, and how long the parts of them took.
struct Tally {
  std::int64_t tries = 0;
  // By the outcome of the summary; `unexpected`: the answer was not the one of --expect, or a step
  // failed, on a connection that ended in order.
  std::int64_t ok = 0;
  std::int64_t refused = 0;
  std::int64_t timeout = 0;
  std::int64_t reset = 0;
  std::int64_t blocked = 0;
  std::int64_t lookup = 0;
  std::int64_t error = 0;
  std::int64_t unexpected = 0;
  Spread lookup_us;
  Spread connect_us;
  Spread first_byte_us;
  Spread total_us;
  static void fields(auto& e, auto&& visit) {
    visit("tries", e.tries);
    visit("okCount", e.ok);
    visit("refusedCount", e.refused);
    visit("timeoutCount", e.timeout);
    visit("resetCount", e.reset);
    visit("blockedCount", e.blocked);
    visit("lookupCount", e.lookup);
    visit("errorCount", e.error);
    visit("unexpectedCount", e.unexpected);
    visit("lookupMinMs", Microseconds{e.lookup_us.min});
    visit("lookupMedianMs", Microseconds{e.lookup_us.median});
    visit("lookupP95Ms", Microseconds{e.lookup_us.p95});
    visit("lookupP99Ms", Microseconds{e.lookup_us.p99});
    visit("lookupMaxMs", Microseconds{e.lookup_us.max});
    visit("connectMinMs", Microseconds{e.connect_us.min});
    visit("connectMedianMs", Microseconds{e.connect_us.median});
    visit("connectP95Ms", Microseconds{e.connect_us.p95});
    visit("connectP99Ms", Microseconds{e.connect_us.p99});
    visit("connectMaxMs", Microseconds{e.connect_us.max});
    visit("firstByteMinMs", Microseconds{e.first_byte_us.min});
    visit("firstByteMedianMs", Microseconds{e.first_byte_us.median});
    visit("firstByteP95Ms", Microseconds{e.first_byte_us.p95});
    visit("firstByteP99Ms", Microseconds{e.first_byte_us.p99});
    visit("firstByteMaxMs", Microseconds{e.first_byte_us.max});
    visit("totalMinMs", Microseconds{e.total_us.min});
    visit("totalMedianMs", Microseconds{e.total_us.median});
    visit("totalP95Ms", Microseconds{e.total_us.p95});
    visit("totalP99Ms", Microseconds{e.total_us.p99});
    visit("totalMaxMs", Microseconds{e.total_us.max});
  }
};

}  // namespace tcpkit::record
