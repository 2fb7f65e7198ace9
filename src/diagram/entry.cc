#include "diagram/entry.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/escape.h"
#include "diagram/fields.h"

namespace tcpkit::diagram {
namespace {

using nlohmann::json;

/// A record has two levels; later ones may have more, but the stack is not theirs.
constexpr double longest_run = 1e8;  // seconds

/// Of "2026-02-01T08:00:00.000412Z", nanoseconds since 1970; empty where it is no such time or not
/// of 1970 to 2199.
std::optional<std::int64_t> parse_utc(std::string_view text) {
  static constexpr std::string_view shape = "0000-00-00T00:00:00";
  if (text.size() < shape.size() + 1 || text.back() != 'Z') return {};
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] == '0' ? !is_digit(text[i]) : text[i] != shape[i]) return {};
  }
  const auto digits = [&](std::size_t at, std::size_t count) {
    std::int64_t value = 0;
    for (const char c : text.substr(at, count))
      value = value * 10 + (c - '0');
    return value;
  };
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(digits(0, 4))),
                                         std::chrono::month(static_cast<unsigned>(digits(5, 2))),
                                         std::chrono::day(static_cast<unsigned>(digits(8, 2)))};
  const bool clock = digits(11, 2) < 24 && digits(14, 2) < 60 && digits(17, 2) <= 60;
  if (!date.ok() || !clock || digits(0, 4) < 1970 || digits(0, 4) > 2199) return {};
  std::string_view fraction = text.substr(shape.size(), text.size() - shape.size() - 1);
  std::int64_t nanoseconds = 0;
  if (!fraction.empty()) {
    if (fraction.front() != '.' || fraction.size() == 1 || fraction.size() > 10) return {};
    fraction.remove_prefix(1);
    for (std::size_t i = 0; i < 9; ++i) {
      if (i < fraction.size() && !is_digit(fraction[i])) return {};
      nanoseconds = nanoseconds * 10 + (i < fraction.size() ? fraction[i] - '0' : 0);
    }
  }
  const std::chrono::sys_days day(date);
  const std::int64_t seconds = std::int64_t{day.time_since_epoch().count()} * 86400 +
                               digits(11, 2) * 3600 + digits(14, 2) * 60 + digits(17, 2);
  return seconds * 1'000'000'000 + nanoseconds;
}

/// Takes the tokens of one line: no tree is made of it, and nothing recurses.
class Tokens {
 public:
  Tokens(Entry& entry, std::string& why) : entry_(entry), why_(why) {}

  bool null() { return depth_ > 0 || no_object(); }
  bool boolean(bool value) {
    if (depth_ == 0) return no_object();
    if (in_flags_) return mismatch();
    if (!here_ || field_ == nullptr) return own_ == Own::none || mismatch();
    if (field_->type != Field::Type::flag) return mismatch();
    entry_.*field_->flag = value;
    return true;
  }
  bool number_integer(std::int64_t value) { return number(static_cast<double>(value), value); }
  bool number_unsigned(std::uint64_t value) {
    const bool fits = value <= static_cast<std::uint64_t>(INT64_MAX);
    return number(static_cast<double>(value), fits ? static_cast<std::int64_t>(value) : INT64_MAX);
  }
  bool number_float(double value, const std::string& /*text*/) {
    static constexpr double most = 9e18;
    return number(value, std::fabs(value) < most ? static_cast<std::int64_t>(value) : INT64_MAX);
  }
  bool string(const std::string& value);
  bool binary(const json::binary_t& /*value*/) { return false; }  // not of JSON's text
  bool start_object(std::size_t /*elements*/);
  bool end_object() { return end(); }
  bool start_array(std::size_t /*elements*/);
  bool end_array() { return end(); }
  bool key(const std::string& name);
  bool parse_error(std::size_t position, const std::string& /*token*/,
                   const nlohmann::detail::exception& /*error*/) {
    return fail(fmt::format("not JSON at byte {}", position));
  }

  /// What must be there.
  bool complete();

 private:
  /// Fields that are checked here, since they are of no plain type.
  enum class Own : std::uint8_t { none, v, t, time, layer, role };

  bool number(double value, std::int64_t whole);
  bool end() {
    --depth_;
    here_ = depth_ == 1;
    in_error_ = false;
    in_flags_ = false;
    field_ = nullptr;
    return true;
  }
  bool deeper() {
    here_ = false;
    return ++depth_ <= deepest_nesting || fail("nested too deeply");
  }
  bool mismatch() { return fail(fmt::format("'{}' is of the wrong type", display_start(key_))); }
  bool no_object() { return fail("not a JSON object"); }
  bool fail(std::string why) {
    if (why_.empty()) why_ = std::move(why);
    return false;
  }

  Entry& entry_;
  std::string& why_;
  std::string key_;
  std::size_t depth_ = 0;
  bool here_ = false;  ///< in the record itself or in its error
  bool in_error_ = false;
  bool in_flags_ = false;
  const Field* field_ = nullptr;
  Own own_ = Own::none;
  bool has_v_ = false;
  bool has_t_ = false;
  bool has_layer_ = false;
};

bool Tokens::key(const std::string& name) {
  field_ = nullptr;
  own_ = Own::none;
  if (!here_) return true;
  key_ = name;
  if (in_error_) {
    field_ = find_error_field(name);
    return true;
  }
  static constexpr std::array<std::pair<std::string_view, Own>, 5> owned{{{"v", Own::v},
                                                                          {"t", Own::t},
                                                                          {"time", Own::time},
                                                                          {"layer", Own::layer},
                                                                          {"role", Own::role}}};
  for (const auto& [own, meaning] : owned) {
    if (own == name) own_ = meaning;
  }
  if (own_ == Own::none) field_ = find_field(name);
  return true;
}

bool Tokens::start_object(std::size_t /*elements*/) {
  const bool error = here_ && !in_error_ && field_ != nullptr && field_->key == "error";
  if (here_ && !error && (field_ != nullptr || own_ != Own::none)) return mismatch();
  if (in_flags_) return mismatch();
  if (!deeper()) return false;
  in_error_ = error;
  here_ = error || depth_ == 1;
  field_ = nullptr;
  own_ = Own::none;
  return true;
}

bool Tokens::start_array(std::size_t /*elements*/) {
  if (depth_ == 0) return no_object();
  const bool flags = here_ && !in_error_ && field_ != nullptr && field_->key == "flags";
  if (here_ && !flags && (field_ != nullptr || own_ != Own::none)) return mismatch();
  if (in_flags_) return mismatch();
  if (!deeper()) return false;
  in_flags_ = flags;
  field_ = nullptr;
  own_ = Own::none;
  return true;
}

bool Tokens::number(double value, std::int64_t whole) {
  if (depth_ == 0) return no_object();
  if (in_flags_) return mismatch();
  if (!here_) return true;
  switch (own_) {
    case Own::none:
      break;
    case Own::v:
      has_v_ = true;
      if (value == 1) return true;
      return fail(fmt::format("'v' is {}; this tcpkit reads version 1", value));
    case Own::t:
      has_t_ = true;
      if (!(value >= 0 && value <= longest_run)) return fail("'t' is out of range");
      entry_.nanoseconds = static_cast<std::uint64_t>(std::llround(value * 1e9));
      return true;
    case Own::time:
    case Own::layer:
    case Own::role:
      return mismatch();
  }
  if (field_ == nullptr) return true;
  if (field_->type == Field::Type::milliseconds) {
    static constexpr double most = 9e15;
    static constexpr double us_per_ms = 1000;
    entry_.*field_->number =
        static_cast<std::int64_t>(std::llround(std::clamp(value, 0.0, most) * us_per_ms));
    return true;
  }
  if (field_->type != Field::Type::number) return mismatch();
  entry_.*field_->number = whole;
  return true;
}

bool Tokens::string(const std::string& value) {
  if (depth_ == 0) return no_object();
  if (in_flags_) {
    if (!entry_.flags.empty()) entry_.flags += ',';
    entry_.flags += value;
    return true;
  }
  if (!here_) return true;
  const auto pick = [&](auto known) -> std::optional<decltype(known)> {
    using Enum = decltype(known);
    for (unsigned i = 0; i <= static_cast<unsigned>(known); ++i) {
      if (to_string(static_cast<Enum>(i)) == value) return static_cast<Enum>(i);
    }
    return {};
  };
  switch (own_) {
    case Own::none:
      break;
    case Own::layer:
      has_layer_ = true;
      entry_.layer = pick(record::Layer::note);
      return true;
    case Own::role:
      entry_.role = pick(record::Role::server).value_or(record::Role::none);
      return true;
    case Own::time:
      entry_.wall = parse_utc(value);
      return entry_.wall || fail("'time' is no time of the form 2026-02-01T08:00:00.000412Z");
    case Own::v:
    case Own::t:
      return mismatch();
  }
  if (field_ == nullptr) return true;
  if (field_->type != Field::Type::text) return mismatch();
  entry_.*field_->text = value;
  return true;
}

bool Tokens::complete() {
  if (!has_v_) return fail("no 'v': not a record of tcpkit");
  if (!has_t_) return fail("no 't'");
  if (!has_layer_) return fail("no 'layer'");
  if (entry_.event.empty()) return fail("no 'event'");
  if (entry_.conn && (*entry_.conn < 1 || *entry_.conn > UINT32_MAX)) {
    return fail("'conn' is out of range");
  }
  return true;
}

}  // namespace

bool read_entry(std::string_view line, Entry& entry, std::string& why) {
  clear_fields(entry);
  why.clear();
  Tokens tokens(entry, why);
  return json::sax_parse(line.data(), line.data() + line.size(), &tokens) && tokens.complete();
}

}  // namespace tcpkit::diagram
