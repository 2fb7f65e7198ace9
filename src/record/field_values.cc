#include "record/field_values.h"

#include <algorithm>
#include <map>

namespace tcpkit::record {

FieldValues::FieldValues() {
  std::map<std::string_view, std::uint8_t> types;
  const auto add = [&](std::string_view name, FieldType type) {
    types[name] = static_cast<std::uint8_t>(types[name] | static_cast<std::uint8_t>(type));
  };
  for (const Kind& kind : all_kinds()) {
    for (const FieldKind& field : kind.fields) {
      if (field.type != FieldType::payload) {
        add(field.name, field.type);
        continue;
      }
      for (const std::string_view form : {"text", "hex", "base64"})
        add(form, FieldType::text);
    }
  }
  for (const auto& [name, type] : types) {
    names_.push_back(name);
    values_.emplace_back().types = type;
  }
}

std::size_t FieldValues::find(std::string_view name) const {
  const auto it = std::lower_bound(names_.begin(), names_.end(), name);
  if (it == names_.end() || *it != name) return none;
  return static_cast<std::size_t>(it - names_.begin());
}

FieldValue* FieldValues::set(std::size_t index, FieldType type) {
  FieldValue& value = values_[index];
  if ((value.types & static_cast<std::uint8_t>(type)) == 0) return nullptr;
  value.line = line_;
  value.type = type;
  return &value;
}

}  // namespace tcpkit::record
