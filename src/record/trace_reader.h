#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "record/read_json.h"

namespace tcpkit::record {

/// A JSON trace in pieces of any size: a record a line, or each over several lines as jq prints it.
/// Blank lines, CRLF and a byte order mark do no harm. Memory is bounded by the longest record.
class TraceReader {
 public:
  static constexpr std::size_t longest_record = 16U << 20U;

  /// `take` gets the line of each record of a layer that is known, in order; it lives as long as
  /// the call.
  explicit TraceReader(std::function<void(const Line&)> take) : take_(std::move(take)) {}

  /// False from the first bad record on: fault() says which and why.
  bool feed(std::string_view bytes);
  /// The end of the trace; the last line needs no '\n'.
  bool finish();
  /// After finish() failed: the trace only ends in the midst of its last record, and those before
  /// it have been taken.
  [[nodiscard]] bool cut() const { return cut_; }
  /// "3: not JSON at byte 17".
  [[nodiscard]] const std::string& fault() const { return fault_; }

 private:
  /// Finds the end of an object that goes over several lines.
  class Extent {
   public:
    /// True if the text holds its end, or shows that it has none.
    bool add(std::string_view text);

   private:
    std::size_t depth_ = 0;
    bool quoted_ = false;
    bool escaped_ = false;
  };

  bool read_line(std::string_view line, bool ended);
  bool read_record(std::string_view text);
  bool fail(std::string_view why);

  std::function<void(const Line&)> take_;
  std::string begun_;         ///< of a line whose end did not come yet
  std::string record_;        ///< the lines of a record that goes over several
  Extent extent_;             ///< of it
  std::size_t line_ = 0;      ///< the last one that was read
  std::size_t began_at_ = 0;  ///< where the record begins
  std::size_t taken_ = 0;     ///< records
  bool cut_ = false;
  std::string fault_;
  LineReader reader_;
};

}  // namespace tcpkit::record
