#pragma once

#include <cstdint>
#include <optional>

#include "record/epoch.h"
#include "record/record.h"
#include "record/write_json.h"

namespace tcpkit::record {

/// A line of a trace: a record, and what the trace says besides. The moment is in whole
/// microseconds, as a saved trace has it, so that a live one and the same saved are alike.
struct Line {
  const Record& record;
  std::uint64_t nanoseconds = 0;     ///< since the program started
  std::optional<std::int64_t> wall;  ///< nanoseconds since 1970; empty: not known
  DataView data = DataView::none;    ///< what of the payload it shows
};

/// The line that a live record would have.
inline Line line_of(const Record& record, const Epoch& epoch, DataView data) {
  static constexpr std::uint64_t ns_per_us = 1000;
  const std::uint64_t whole = record.nanoseconds - record.nanoseconds % ns_per_us;
  const auto start = std::chrono::duration_cast<std::chrono::nanoseconds>(
      std::chrono::floor<std::chrono::microseconds>(epoch.wall.time_since_epoch()));
  return {record, whole, start.count() + static_cast<std::int64_t>(whole), data};
}

}  // namespace tcpkit::record
