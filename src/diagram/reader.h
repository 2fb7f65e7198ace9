#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "diagram/entry.h"

namespace tcpkit::diagram {

/// A JSON trace in pieces of any size. Memory is bounded by the longest line.
class Reader {
 public:
  static constexpr std::size_t longest_line = 16U << 20U;

  /// `take` is told each record of a layer that is known, in order.
  explicit Reader(std::function<void(const Entry&)> take) : take_(std::move(take)) {}

  /// False from the first bad line on: fault() says which and why.
  bool feed(std::string_view bytes);
  /// The end of the trace; the last line needs no '\n'.
  bool finish();
  /// "3: not JSON at byte 17".
  [[nodiscard]] const std::string& fault() const { return fault_; }

 private:
  bool read_line(std::string_view line);
  bool fail(std::string_view why);

  std::function<void(const Entry&)> take_;
  std::string begun_;  ///< of a line whose end did not come yet
  std::size_t line_ = 0;
  std::string fault_;
  Entry entry_;
};

}  // namespace tcpkit::diagram
