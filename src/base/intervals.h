#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <queue>
#include <utility>
#include <vector>

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
      at = std::min(at * fan + rank(level->keys.data() + at * fan, key), level->size - 1);
    const Leaf& leaf = leaves_[at];
    return leaf.numbers[rank(leaf.keys.data(), key)];
  }

 private:
  /// Keys of one step of the search: few cache lines, which the processor fetches at once. What
  /// costs is to wait for memory, so the answers stand beside the keys.
  static constexpr std::size_t fan = sizeof(Key) == sizeof(std::uint32_t) ? 16 : 8;
  static constexpr std::size_t cache_line = 64;

  /// Where intervals begin, and their answers. The last leaf repeats its last interval.
  struct alignas(cache_line) Leaf {
    std::array<Key, fan> keys{};
    std::array<std::uint32_t, fan> numbers{};
  };

  struct Level {
    std::vector<Key> keys;  ///< filled up to a multiple of `fan`
    std::size_t size;
  };

  /// Index of the last of `fan` sorted keys that is not above `key`; the first is not.
  static std::size_t rank(const Key* keys, const Key& key) {
    std::size_t at = 0;
    // No branch depends on a key: none could be predicted.
    for (std::size_t step = fan / 2; step > 0; step /= 2)
      at += step * static_cast<std::size_t>(keys[at + step] <= key);
    return at;
  }

  /// From `key` on the answer is `number`.
  void begin(const Key& key, std::uint32_t number) {
    if (size_ > 0) {
      const Leaf& leaf = leaves_.back();
      const std::size_t last = (size_ - 1) % fan;
      if (key <= leaf.keys[last]) {
        leaves_.back().numbers[last] = number;
        return;
      }
      if (leaf.numbers[last] == number) return;
    }
    if (size_ % fan == 0) leaves_.emplace_back();
    leaves_.back().keys[size_ % fan] = key;
    leaves_.back().numbers[size_ % fan] = number;
    ++size_;
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

  /// levels_[0] has the first key of each leaf, each level above the first of every `fan` keys of
  /// the one below; the last has `fan` keys or fewer.
  void build_levels() {
    Leaf& leaf = leaves_.back();
    for (std::size_t i = (size_ - 1) % fan + 1; i < fan; ++i) {
      leaf.keys[i] = leaf.keys[i - 1];
      leaf.numbers[i] = leaf.numbers[i - 1];
    }
    std::vector<Key> keys;
    for (const Leaf& l : leaves_)
      keys.push_back(l.keys.front());
    while (keys.size() > 1) {
      std::vector<Key> above;
      for (std::size_t i = 0; i < keys.size(); i += fan)
        above.push_back(keys[i]);
      const std::size_t size = keys.size();
      keys.resize(above.size() * fan, keys.back());
      levels_.push_back({std::move(keys), size});
      keys = std::move(above);
    }
  }

  std::vector<Leaf> leaves_;
  std::size_t size_ = 0;  ///< intervals in them
  std::vector<Level> levels_;
};

}  // namespace tcpkit
