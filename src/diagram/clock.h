#pragma once

#include <cstdint>
#include <string>

#include "diagram/model.h"

namespace tcpkit::diagram {

/// The times of a picture's rows as text, one after another: "0.412", "+0.012", "08:00:00.000412";
/// milliseconds, but for the time of day.
class Clock {
 public:
  Clock(Times times, std::int64_t start) : times_(times), start_(start) {}
  /// Empty where no times are asked for.
  std::string text(const Row& row);
  /// What the column is in: "ms", or nothing.
  [[nodiscard]] std::string unit() const;

 private:
  Times times_;
  std::int64_t start_;
  std::int64_t last_ = 0;
};

}  // namespace tcpkit::diagram
