#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "record/line.h"

namespace tcpkit::record {

/// Reads lines of a JSON trace (tcpkit-trace(5), version 1) back into records, by the declarations
/// of their structs. Skips fields that it does not know, whatever they are; leaves one that is
/// absent or null as an empty record has it. Texts are as they came, hostile. Memory is bounded by
/// the longest line.
class LineReader {
 public:
  /// Objects and arrays in each other; more in a line is a fault.
  static constexpr std::size_t deepest_nesting = 32;

  LineReader();
  LineReader(const LineReader&) = delete;
  LineReader& operator=(const LineReader&) = delete;
  ~LineReader();

  /// Reads one line, without its '\n'. On failure false, and fault() is a clause such as "not JSON
  /// at byte 17", which cannot act on a terminal: it is no record, or a field that this tcpkit
  /// knows is of the wrong type.
  bool read(std::string_view line);
  [[nodiscard]] const std::string& fault() const;

  /// False where the record that was read is of a layer of a later tcpkit.
  [[nodiscard]] bool has_line() const;
  /// What was read last. It and its texts live until the next read().
  [[nodiscard]] Line line() const;

 private:
  class Tokens;
  std::unique_ptr<Tokens> tokens_;
};

}  // namespace tcpkit::record
