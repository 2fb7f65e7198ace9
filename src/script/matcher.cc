#include "script/matcher.h"

#include <utility>

#include "script/fields.h"

namespace tcpkit::script {

Matcher::Matcher(std::vector<const Pattern*> patterns) : patterns_(std::move(patterns)) {
  look_for_text_after(0);
}

/// Starts the search for the next `data` pattern from index `from`, where that has a text.
void Matcher::look_for_text_after(std::size_t from) {
  search_.reset();
  searching_ = from;
  while (searching_ < patterns_.size() && !patterns_[searching_]->is<record::ev::Data>())
    ++searching_;
  if (searching_ == patterns_.size() || patterns_[searching_]->text.empty()) return;
  search_.emplace(patterns_[searching_]->text);
}

void Matcher::find_texts(const record::Record& record) {
  const auto* data = std::get_if<record::ev::Data>(&record.body);
  if (data == nullptr) return;
  std::string_view bytes = data->payload.bytes;
  rest_ = bytes.size();
  while (search_ && search_->find(bytes)) {
    rest_ = bytes.size();
    if (matches(record, *patterns_[searching_])) look_for_text_after(searching_ + 1);
  }
}

void Matcher::see(const record::Record& record) {
  const std::size_t already = searching_;
  bool taken = false;  // a record serves one pattern, but its bytes may serve several texts
  find_texts(record);
  while (met_ < patterns_.size()) {
    const Pattern& pattern = *patterns_[met_];
    if (!pattern.text.empty()) {
      if (met_ >= searching_) return;
      if (met_ >= already) taken = true;
      ++met_;
    } else {
      if (taken || !matches(record, pattern)) return;
      taken = true;
      ++met_;
      if (pattern.is<record::ev::Data>()) {
        rest_ = 0;
        look_for_text_after(met_);
      }
    }
  }
}

LayeredMatcher::LayeredMatcher(const std::vector<const Pattern*>& patterns) {
  std::map<record::Layer, std::vector<const Pattern*>> by_layer;
  for (const Pattern* pattern : patterns) {
    layers_.push_back(pattern->kind->layer);
    by_layer[pattern->kind->layer].push_back(pattern);
  }
  for (auto& [layer, own] : by_layer)
    matchers_.emplace(layer, Matcher(std::move(own)));
}

void LayeredMatcher::see(const record::Record& record) {
  const auto it = matchers_.find(record.layer());
  if (it == matchers_.end()) return;
  it->second.see(record);
  while (met_ < layers_.size()) {
    const record::Layer layer = layers_[met_];
    if (counted_[layer] == matchers_.at(layer).met()) return;
    ++counted_[layer];
    ++met_;
  }
}

}  // namespace tcpkit::script
