#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/escape.h"
#include "record/field_values.h"
#include "record/write_json.h"

namespace tcpkit::record {

/// A visitor of a record's fields that gives each the value that a line has for it. One that is
/// absent stays; a number outside the type's range becomes the nearest.
class Assign {
 public:
  /// `order`: the indices of the fields of this kind in the order of the visits; filled at the
  /// first record of the kind.
  Assign(FieldValues& values, std::vector<std::size_t>& order) : values_(values), order_(order) {}

  template <class T>
  void operator()(std::string_view name, T& to) {
    const std::size_t index = next(name);
    FieldValue* from = values_.get(index);
    if (from != nullptr && !store(to, *from) && mismatch_.empty()) mismatch_ = name;
  }
  template <class T>
  void operator()(std::string_view name, Sparse<T>&& to) {
    (*this)(name, to.value);
  }
  template <class T>
  void operator()(std::string_view name, Seconds<T>&& to) {
    std::optional<std::int64_t> ms;
    (*this)(name, ms);
    if (ms) to.value = clamp<int>(*ms / Seconds<T>::ms_per_s);
  }
  template <class T>
  void operator()(std::string_view name, Microseconds<T>&& to) {
    static constexpr double most = 9e15;
    const FieldValue* from = values_.get(next(name));
    if (from == nullptr) return;
    if (from->type != FieldType::number && mismatch_.empty()) mismatch_ = name;
    to.value = std::llround(std::clamp(from->real, 0.0, most) * Microseconds<T>::us_per_ms);
  }
  void operator()(std::string_view /*name*/, Payload& to) {
    const auto form = [&](std::string_view name) { return values_.get(next(name)); };
    FieldValue* text = form("text");
    FieldValue* hex = form("hex");
    FieldValue* base64 = form("base64");
    if (FieldValue* coded = hex == nullptr ? base64 : hex) {
      auto bytes = coded == hex ? from_hex(coded->text) : from_base64(coded->text);
      if (bytes) {
        coded->text = std::move(*bytes);
        to.bytes = coded->text;
        data_ = coded == hex ? DataView::hex : DataView::text;
      }
    }
    if (text == nullptr) return;
    to.bytes = text->text;
    data_ = DataView::text;
  }

  /// The first field of another type; empty: none.
  [[nodiscard]] std::string_view mismatch() const { return mismatch_; }
  /// How the payload was given.
  [[nodiscard]] DataView data() const { return data_; }

 private:
  std::size_t next(std::string_view name) {
    if (at_ == order_.size()) order_.push_back(values_.find(name));
    return order_[at_++];
  }

  template <class T>
  static T clamp(std::int64_t value) {
    using Limits = std::numeric_limits<T>;
    if constexpr (std::is_unsigned_v<T>) {
      if (value < 0) return 0;
      const auto positive = static_cast<std::uint64_t>(value);
      return static_cast<T>(std::min<std::uint64_t>(positive, Limits::max()));
    } else {
      return static_cast<T>(std::clamp<std::int64_t>(value, Limits::min(), Limits::max()));
    }
  }

  template <class T>
  requires std::is_arithmetic_v<T>
  static bool store(T& to, const FieldValue& from) {
    if constexpr (std::is_same_v<T, bool>) {
      to = from.flag;
      return from.type == FieldType::flag;
    } else {
      to = clamp<T>(from.whole);
      return from.type == FieldType::number;
    }
  }
  static bool store(std::string& to, const FieldValue& from) {
    to = from.text;
    return from.type == FieldType::text;
  }
  static bool store(std::string_view& to, const FieldValue& from) {
    to = from.text;
    return from.type == FieldType::text;
  }
  template <class T>
  static bool store(std::vector<T>& to, const FieldValue& from) {
    to.assign(from.list.begin(), from.list.begin() + static_cast<std::ptrdiff_t>(from.size));
    return from.type == FieldType::list;
  }
  static bool store(Error& to, FieldValue& from) {
    to = std::move(from.error);
    return from.type == FieldType::error;
  }
  template <class T>
  static bool store(std::optional<T>& to, FieldValue& from) {
    return store(to.emplace(), from);
  }

  FieldValues& values_;
  std::vector<std::size_t>& order_;
  std::size_t at_ = 0;
  std::string_view mismatch_;
  DataView data_ = DataView::none;
};

}  // namespace tcpkit::record
