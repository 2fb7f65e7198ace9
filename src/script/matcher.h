#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <vector>

#include "record/record.h"
#include "script/script.h"
#include "script/search.h"

namespace tcpkit::script {

/// Holds the records of one connection and one layer against its patterns, in order, as they
/// happen: each pattern takes the first record that fits behind the one the pattern before it took.
/// A pattern with a text takes bytes: the first place behind what the last `data` pattern took. So
/// nothing has to be kept: memory does not grow with what is received.
class Matcher {
 public:
  /// The patterns must outlive this object.
  explicit Matcher(std::vector<const Pattern*> patterns);

  void see(const record::Record& record);
  /// How many of the patterns have been met, from the first.
  [[nodiscard]] std::size_t met() const { return met_; }
  /// How many of the last bytes of the last `data` no pattern has taken.
  [[nodiscard]] std::size_t rest() const { return rest_; }

 private:
  void look_for_text_after(std::size_t from);
  void find_texts(const record::Record& record);

  std::vector<const Pattern*> patterns_;
  std::size_t met_ = 0;
  std::size_t rest_ = 0;
  /// The text that is looked for: that of the first `data` pattern which has not found its own,
  /// be it far ahead of met_. None while a `data` pattern without a text comes first.
  std::optional<Search> search_;
  std::size_t searching_ = 0;  ///< its index; texts before it are found
};

/// The same for patterns of all layers. Each layer has an order of its own: a segment is told when
/// it has been captured, which may be before or after the event that belongs to it.
class LayeredMatcher {
 public:
  /// The patterns must outlive this object.
  explicit LayeredMatcher(const std::vector<const Pattern*>& patterns);

  void see(const record::Record& record);
  /// How many of the patterns have been met, from the first.
  [[nodiscard]] std::size_t met() const { return met_; }
  /// As Matcher::rest(), which must be asked right after see() of that `data`.
  [[nodiscard]] std::size_t rest() const {
    const auto it = matchers_.find(record::Layer::event);
    return it == matchers_.end() ? 0 : it->second.rest();
  }

 private:
  std::vector<record::Layer> layers_;  ///< of each pattern
  std::map<record::Layer, Matcher> matchers_;
  std::map<record::Layer, std::size_t> counted_;  ///< of the met ones
  std::size_t met_ = 0;
};

}  // namespace tcpkit::script
