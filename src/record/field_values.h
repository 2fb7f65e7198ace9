#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "record/kinds.h"

namespace tcpkit::record {

/// What a line of a trace says in one of the fields.
struct FieldValue {
  std::uint8_t types = 0;  ///< FieldType: those that some kind of record has for the name
  std::uint64_t line = 0;  ///< in which it was set
  FieldType type = {};     ///< never payload
  bool flag = false;       ///< of type flag
  std::int64_t whole = 0;  ///< of type number: cut, at the limits of the type
  double real = 0;         ///< of type number
  std::string text;        ///< of type text
  std::vector<std::string>
      list;  ///< of type list: the first `size`, the others are of earlier lines
  std::size_t size = 0;
  Error error;  ///< of type error
};

/// The fields of one line, by name, for all names that some kind of record has. Keeps the memory of
/// the texts from line to line.
class FieldValues {
 public:
  static constexpr std::size_t none = SIZE_MAX;

  FieldValues();
  /// Makes all of them absent.
  void clear() { ++line_; }
  /// `none` for a name that no record has.
  [[nodiscard]] std::size_t find(std::string_view name) const;
  [[nodiscard]] FieldValue& at(std::size_t index) { return values_[index]; }
  /// Makes it present with this type; nullptr where the name cannot have it.
  FieldValue* set(std::size_t index, FieldType type);
  /// nullptr where it is absent.
  [[nodiscard]] FieldValue* get(std::size_t index) {
    FieldValue& value = values_[index];
    return value.line == line_ ? &value : nullptr;
  }

 private:
  std::vector<std::string_view> names_;  ///< sorted
  std::vector<FieldValue> values_;       ///< of each name
  std::uint64_t line_ = 1;
};

}  // namespace tcpkit::record
