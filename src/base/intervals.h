#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <queue>
#include <utility>
#include <vector>

#include "base/key_blocks.h"

namespace tcpkit {

/// Which of many overlapping spans holds a key: of those that do, the one with the least number.
/// Made once, in O(n log n): the spans are cut into disjoint intervals, each with its answer, and a
/// question is one search among them. `Key` has <=, < and Key{}, its lowest value.
template <class Key>
class Intervals {
 public:
  static constexpr std::uint32_t none = UINT32_MAX;

  /// `first` to `last`, inclusive.
  struct Span {
    Key first;
    Key last;
    std::uint32_t number;
  };

  /// `next` is the key after one that is not the highest, `before` the one before one that is not
  /// the lowest.
  template <class Next, class Before>
  Intervals(std::vector<Span> spans, Next next, Before before) {
    begin(Key{}, none);
    std::sort(spans.begin(), spans.end(), [](const Span& a, const Span& b) {
      return a.first < b.first || (a.first <= b.first && a.number < b.number);
    });
    cut(spans, next, before);
    build_levels();
  }

  /// The least number of the spans that hold `key`; `none` where there is none.
  [[nodiscard]] std::uint32_t find(const Key& key) const {
    std::size_t at = 0;
    for (auto level = levels_.rbegin(); level != levels_.rend(); ++level)
      at = std::min(level->find(at, key), level->size() - 1);
    __builtin_prefetch(&numbers_[at * fan]);
    return numbers_[std::min(keys_.find(at, key), keys_.size() - 1)];
  }

 private:
  static constexpr std::size_t fan = KeyBlocks<Key>::fan;

  /// From `key` on the answer is `number`.
  void begin(const Key& key, std::uint32_t number) {
    if (!numbers_.empty() && key <= keys_.back()) {
      numbers_.back() = number;
    } else if (numbers_.empty() || numbers_.back() != number) {
      keys_.push_back(key);
      numbers_.push_back(number);
    }
  }

  /// Goes through the spans by their first key; those that hold the current key wait in a heap.
  template <class Next, class Before>
  void cut(const std::vector<Span>& spans, Next next, Before before) {
    struct Open {
      std::uint32_t number;
      Key last;
    };
    const auto later = [](const Open& a, const Open& b) { return a.number > b.number; };
    std::priority_queue<Open, std::vector<Open>, decltype(later)> open(later);
    auto span = spans.begin();
    while (span != spans.end()) {
      Key at = span->first;
      for (;;) {
        for (; span != spans.end() && span->first <= at; ++span)
          open.push({span->number, span->last});
        while (!open.empty() && open.top().last < at)
          open.pop();
        if (open.empty()) break;
        const Open top = open.top();
        begin(at, top.number);
        Key last = top.last;
        if (span != spans.end() && span->first <= last) last = before(span->first);
        const Key following = next(last);
        if (following <= last) return;  // no key is left
        at = following;
      }
      begin(at, none);
    }
  }

  /// levels_[0] has the first key of each block of keys_, each level above the first of every block
  /// of the one below; the last is one block.
  void build_levels() {
    const KeyBlocks<Key>* below = &keys_;
    while (below->size() > fan) {
      KeyBlocks<Key> level;
      for (std::size_t i = 0; i < below->size(); i += fan)
        level.push_back((*below)[i]);
      levels_.push_back(std::move(level));
      below = &levels_.back();
    }
  }

  KeyBlocks<Key> keys_;                 ///< where intervals begin
  std::vector<std::uint32_t> numbers_;  ///< their answers
  std::vector<KeyBlocks<Key>> levels_;
};

}  // namespace tcpkit
