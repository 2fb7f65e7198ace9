#include "script/history.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>
#include <variant>

#include "base/escape.h"
#include "base/utf8.h"
#include "script/fields.h"

namespace tcpkit::script {

namespace {

constexpr std::size_t most_characters = 60;
constexpr std::size_t most_bytes =
    4 * most_characters + 4;  // of UTF-8, and what shows that more came

}  // namespace

std::string shown_bytes(std::string_view bytes) {
  std::size_t end = 0;
  for (std::size_t i = 0; i < most_characters && end < bytes.size(); ++i)
    end += decode_utf8(bytes.substr(end)).length;
  std::string out = "\"";
  for (const char c : display(bytes.substr(0, end))) {
    if (c == '"') out += '\\';
    out += c;
  }
  return out + (end < bytes.size() ? "\"..." : "\"");
}

void History::see(const record::Record& record, std::size_t rest) {
  static constexpr std::size_t most = 6;
  if (const auto* data = std::get_if<record::ev::Data>(&record.body)) {
    std::string_view bytes = data->payload.bytes;
    bytes.remove_prefix(bytes.size() - std::min(rest, bytes.size()));
    received_ += bytes.substr(0, most_bytes - std::min(most_bytes, received_.size()));
  }
  const record::Kind* kind = record::kind_of(record.body);
  if (!entries_.empty() && entries_.back().kind == kind) {
    entries_.back().text = describe(record);
    ++entries_.back().count;
    return;
  }
  entries_.push_back({kind, describe(record), 1});
  if (entries_.size() <= most) return;
  forgotten_ += entries_.front().count;
  entries_.pop_front();
}

std::string History::text() const {
  if (entries_.empty()) return "nothing";
  bool showed = received_.empty();
  const auto shown_once = [&] {
    return std::exchange(showed, true) ? std::string() : shown_bytes(received_);
  };
  const bool has_data = std::any_of(entries_.begin(), entries_.end(), [](const Entry& entry) {
    return record::is_one_of<record::ev::Data>(*entry.kind);
  });
  std::string all;
  if (forgotten_ > 0) {
    all = fmt::format("{} others", forgotten_);
    if (!has_data && !showed) all += fmt::format(" (received {})", shown_once());
    all += ", ";
  }
  for (const Entry& entry : entries_) {
    if (&entry != &entries_.front()) all += ", ";
    all += entry.text;
    if (entry.count > 1) all += fmt::format(" x{}", entry.count);
    if (record::is_one_of<record::ev::Data>(*entry.kind) && !showed) all += " " + shown_once();
  }
  return all;
}

}  // namespace tcpkit::script
