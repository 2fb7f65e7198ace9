#include "script/history.h"

#include <fmt/core.h>

#include "script/fields.h"

namespace tcpkit::script {

void History::see(const trace::Record& record) {
  static constexpr std::size_t most = 6;
  if (!entries_.empty() && entries_.back().name == record.name()) {
    entries_.back().text = describe(record);
    ++entries_.back().count;
    return;
  }
  entries_.push_back({std::string(record.name()), describe(record), 1});
  if (entries_.size() <= most) return;
  forgotten_ += entries_.front().count;
  entries_.pop_front();
}

std::string History::text() const {
  if (entries_.empty()) return "nothing";
  std::string all = forgotten_ == 0 ? "" : fmt::format("{} others, ", forgotten_);
  for (const Entry& entry : entries_) {
    if (&entry != &entries_.front()) all += ", ";
    all += entry.text;
    if (entry.count > 1) all += fmt::format(" x{}", entry.count);
  }
  return all;
}

}  // namespace tcpkit::script
