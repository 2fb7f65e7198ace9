#include "record/read_json.h"

#include <fmt/core.h>

#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/escape.h"
#include "record/assign.h"
#include "record/kinds.h"

namespace tcpkit::record {
namespace {

using nlohmann::json;

constexpr double longest_run = 1e8;  // seconds
/// Causes of an error, with theirs: a name has fewer addresses.
constexpr std::size_t most_errors = 256;

/// Of an enumeration whose last value is `last`.
template <class Enum>
std::optional<Enum> pick(std::string_view name, Enum last) {
  for (unsigned i = 0; i <= static_cast<unsigned>(last); ++i) {
    if (to_string(static_cast<Enum>(i)) == name) return static_cast<Enum>(i);
  }
  return {};
}

/// Gives one field of an error object its value; `fits` is false where it is of another type.
struct AssignError {
  std::string_view key;
  const std::string* text;  ///< nullptr: it is the number
  std::int64_t number;
  bool fits = true;

  void operator()(std::string_view name, std::string& to) {
    if (name != key) return;
    fits = text != nullptr;
    if (fits) to = *text;
  }
  void operator()(std::string_view name, std::optional<int>& to) {
    if (name != key) return;
    fits = text == nullptr;
    if (fits) to = static_cast<int>(std::clamp<std::int64_t>(number, INT32_MIN, INT32_MAX));
  }
  void operator()(std::string_view name, std::vector<Error>& /*to*/) { fits = fits && name != key; }
  template <class T>
  void operator()(std::string_view name, Sparse<T>&& to) {
    (*this)(name, to.value);
  }
};

}  // namespace

/// Takes the tokens of one line: no tree is made of it, and nothing recurses.
class LineReader::Tokens {
 public:
  bool null() { return depth_ > 0 || no_object(); }
  bool boolean(bool value);
  bool number_integer(std::int64_t value) { return number(static_cast<double>(value), value); }
  bool number_unsigned(std::uint64_t value) {
    const bool fits = value <= static_cast<std::uint64_t>(INT64_MAX);
    return number(static_cast<double>(value), fits ? static_cast<std::int64_t>(value) : INT64_MAX);
  }
  bool number_float(double value, const std::string& /*text*/) {
    static constexpr double most = 9e18;
    const bool fits = std::fabs(value) < most;
    return number(value, fits ? static_cast<std::int64_t>(value) : INT64_MAX);
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

  void begin();
  /// Makes the record of what was read.
  bool finish();
  [[nodiscard]] const std::string& why() const { return why_; }
  [[nodiscard]] bool known() const { return layer_.has_value(); }
  [[nodiscard]] Line line() const { return {record_, record_.nanoseconds, wall_, data_}; }

 private:
  /// What an object or an array is part of the record as.
  enum class Place : std::uint8_t { skipped, record, list, error, errors };
  /// Fields that every record has, or may have.
  enum class Own : std::uint8_t {
    none,
    v,
    t,
    time,
    layer,
    role,
    conn,
    event,
    actor,
    pair,
    ready_state
  };

  bool number(double value, std::int64_t whole);
  bool own_number(double value, std::int64_t whole);
  bool own_text(const std::string& value);
  /// Of the innermost object or array.
  [[nodiscard]] Place place() const { return depth_ == 0 ? Place::skipped : places_[depth_ - 1]; }
  [[nodiscard]] bool is_known() const { return own_ != Own::none || field_ != FieldValues::none; }
  FieldValue* set(FieldType type) {
    FieldValue* value = own_ == Own::none ? values_.set(field_, type) : nullptr;
    if (value == nullptr) mismatch(key_);
    return value;
  }
  bool enter(Place place) {
    if (depth_ == places_.size()) return fail("nested too deeply");
    places_[depth_++] = place;
    return true;
  }
  bool enter_error(Error* error);
  bool end() {
    if (place() == Place::error) errors_.pop_back();
    --depth_;
    return true;
  }
  bool mismatch(std::string_view name) {
    return fail(fmt::format("'{}' is of the wrong type", display_start(name)));
  }
  bool no_object() { return fail("not a JSON object"); }
  bool fail(std::string why) {
    if (why_.empty()) why_ = std::move(why);
    return false;
  }

  std::string why_;
  std::array<Place, deepest_nesting> places_{};
  std::size_t depth_ = 0;
  std::string key_;
  Own own_ = Own::none;
  std::size_t field_ = FieldValues::none;  ///< that `key_` names
  FieldValues values_;
  std::vector<Error*> errors_;  ///< that are being read, each a cause of the one before
  std::size_t error_count_ = 0;

  bool has_v_ = false;
  bool has_t_ = false;
  bool has_layer_ = false;
  std::optional<Layer> layer_;
  std::optional<std::int64_t> wall_;
  std::int64_t conn_ = 0;
  std::int64_t pair_ = 0;
  std::string event_;
  std::string actor_;
  DataView data_ = DataView::none;
  Record record_{0, Role::none, 0, {}, Other{}, {}};
  std::array<std::vector<std::size_t>, std::variant_size_v<Body>> orders_;  ///< see Assign
};

void LineReader::Tokens::begin() {
  why_.clear();
  values_.clear();
  depth_ = 0;
  errors_.clear();
  error_count_ = 0;
  has_v_ = has_t_ = has_layer_ = false;
  layer_.reset();
  wall_.reset();
  conn_ = pair_ = 1;
  event_.clear();
  actor_.clear();
  data_ = DataView::none;
  record_.nanoseconds = 0;
  record_.role = Role::none;
  record_.conn = 0;
  record_.pair = 0;
  record_.ready_state.reset();
}

bool LineReader::Tokens::key(const std::string& name) {
  static constexpr std::array<std::pair<std::string_view, Own>, 10> owned{
      {{"v", Own::v},
       {"t", Own::t},
       {"time", Own::time},
       {"layer", Own::layer},
       {"role", Own::role},
       {"conn", Own::conn},
       {"pair", Own::pair},
       {"event", Own::event},
       {"actor", Own::actor},
       {"readyState", Own::ready_state}}};
  if (place() == Place::skipped) return true;
  key_ = name;
  if (place() == Place::error) return true;
  own_ = Own::none;
  for (const auto& [own, meaning] : owned) {
    if (own != name) continue;
    own_ = meaning;
    break;
  }
  field_ = own_ == Own::none ? values_.find(name) : FieldValues::none;
  return true;
}

bool LineReader::Tokens::enter_error(Error* error) {
  if (error == nullptr) return false;
  *error = {};
  errors_.push_back(error);
  return enter(Place::error);
}

bool LineReader::Tokens::start_object(std::size_t /*elements*/) {
  if (depth_ == 0) return enter(Place::record);
  switch (place()) {
    case Place::record:
      if (!is_known()) break;
      if (FieldValue* value = set(FieldType::error)) return enter_error(&value->error);
      return false;
    case Place::errors:
      if (++error_count_ > most_errors) break;
      return enter_error(&errors_.back()->errors.emplace_back());
    case Place::list:
      return mismatch(key_);
    case Place::skipped:
    case Place::error:
      break;
  }
  return enter(Place::skipped);
}

bool LineReader::Tokens::start_array(std::size_t /*elements*/) {
  if (depth_ == 0) return no_object();
  switch (place()) {
    case Place::record:
      if (!is_known()) break;
      if (FieldValue* value = set(FieldType::list)) {
        value->size = 0;
        return enter(Place::list);
      }
      return false;
    case Place::error:
      if (key_ == "errors") return enter(Place::errors);
      break;
    case Place::list:
      return mismatch(key_);
    case Place::skipped:
    case Place::errors:
      break;
  }
  return enter(Place::skipped);
}

bool LineReader::Tokens::boolean(bool value) {
  if (depth_ == 0) return no_object();
  if (place() == Place::list) return mismatch(key_);
  if (place() != Place::record || !is_known()) return true;
  FieldValue* to = set(FieldType::flag);
  if (to != nullptr) to->flag = value;
  return to != nullptr;
}

bool LineReader::Tokens::number(double value, std::int64_t whole) {
  if (depth_ == 0) return no_object();
  if (place() == Place::list) return mismatch(key_);
  if (place() == Place::error) {
    AssignError assign{key_, nullptr, whole};
    visit_error_fields(*errors_.back(), assign);
    return assign.fits || mismatch(key_);
  }
  if (place() != Place::record || !is_known()) return true;
  if (own_ != Own::none) return own_number(value, whole);
  FieldValue* to = set(FieldType::number);
  if (to == nullptr) return false;
  to->real = value;
  to->whole = whole;
  return true;
}

bool LineReader::Tokens::own_number(double value, std::int64_t whole) {
  if (own_ == Own::v) {
    has_v_ = true;
    if (value == 1) return true;
    return fail(fmt::format("'v' is {}; this tcpkit reads version 1", value));
  }
  if (own_ == Own::t) {
    has_t_ = true;
    if (!(value >= 0 && value <= longest_run)) return fail("'t' is out of range");
    record_.nanoseconds = static_cast<std::uint64_t>(std::llround(value * 1e9));
    return true;
  }
  if (own_ == Own::pair) {
    pair_ = whole;
    record_.pair = static_cast<unsigned>(whole);
    return true;
  }
  if (own_ != Own::conn) return mismatch(key_);
  conn_ = whole;
  record_.conn = static_cast<unsigned>(whole);
  return true;
}

bool LineReader::Tokens::string(const std::string& value) {
  if (depth_ == 0) return no_object();
  switch (place()) {
    case Place::record:
      break;
    case Place::list: {
      FieldValue& list = values_.at(field_);
      if (list.size == list.list.size()) list.list.emplace_back();
      list.list[list.size++] = value;
      return true;
    }
    case Place::error: {
      AssignError assign{key_, &value, 0};
      visit_error_fields(*errors_.back(), assign);
      return assign.fits || mismatch(key_);
    }
    case Place::skipped:
    case Place::errors:
      return true;
  }
  if (!is_known()) return true;
  if (own_ != Own::none) return own_text(value);
  FieldValue* to = set(FieldType::text);
  if (to != nullptr) to->text = value;
  return to != nullptr;
}

bool LineReader::Tokens::own_text(const std::string& value) {
  switch (own_) {
    case Own::layer:
      has_layer_ = true;
      layer_ = pick(value, Layer::note);
      return true;
    case Own::role:
      record_.role = pick(value, Role::server).value_or(Role::none);
      return true;
    case Own::time:
      wall_ = parse_utc(value);
      return wall_ || fail("'time' is no time of the form 2026-02-01T08:00:00.000412Z");
    case Own::event:
      event_ = value;
      return true;
    case Own::actor:
      actor_ = value;
      return true;
    case Own::ready_state:
      record_.ready_state = pick(value, ReadyState::closed);
      return true;
    case Own::none:
    case Own::v:
    case Own::t:
    case Own::conn:
    case Own::pair:
      break;
  }
  return mismatch(key_);
}

bool LineReader::Tokens::finish() {
  if (!has_v_) return fail("no 'v': not a record of tcpkit");
  if (!has_t_) return fail("no 't'");
  if (!has_layer_) return fail("no 'layer'");
  if (event_.empty()) return fail("no 'event'");
  if (conn_ < 1 || conn_ > UINT32_MAX) return fail("'conn' is out of range");
  if (pair_ < 1 || pair_ > UINT32_MAX) return fail("'pair' is out of range");
  if (!layer_) return true;
  record_.actor = actor_;
  record_.body = make_body(*layer_, event_, record_.role == Role::listener);
  Assign assign(values_, orders_[record_.body.index()]);
  std::visit([&](auto& body) { visit_fields(body, assign); }, record_.body);
  data_ = assign.data();
  return assign.mismatch().empty() || mismatch(assign.mismatch());
}

LineReader::LineReader() : tokens_(std::make_unique<Tokens>()) {}
LineReader::~LineReader() = default;

bool LineReader::read(std::string_view line) {
  tokens_->begin();
  return json::sax_parse(line.data(), line.data() + line.size(), tokens_.get()) &&
         tokens_->finish();
}

const std::string& LineReader::fault() const {
  return tokens_->why();
}

bool LineReader::has_line() const {
  return tokens_->known();
}

Line LineReader::line() const {
  return tokens_->line();
}

}  // namespace tcpkit::record
