#pragma once

#include <string_view>

#include "diagram/entry.h"

namespace tcpkit::diagram {

/// Where a field of a record goes: one of the pointers, by the type that the field must have; an
/// object or a list has none, its reader knows it.
struct Field {
  std::string_view key;
  enum class Type : std::uint8_t { text, number, milliseconds, flag, object, list } type;
  Entry::Text Entry::*text = nullptr;
  Entry::Number Entry::*number = nullptr;
  Entry::Flag Entry::*flag = nullptr;
};

/// nullptr for a field that diagrams have no use for.
const Field* find_field(std::string_view key);
/// The same of an error object.
const Field* find_error_field(std::string_view key);
/// Empties all of them, keeping the memory of the texts.
void clear_fields(Entry& entry);

}  // namespace tcpkit::diagram
