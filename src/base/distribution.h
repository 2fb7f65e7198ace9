#pragma once

#include <cstdint>
#include <map>

namespace tcpkit {

/// How often each value of a measurement came: exact, in memory that grows with the number of
/// different values and not with that of measurements. Values have any one unit.
class Distribution {
 public:
  void add(std::int64_t value) {
    ++counts_[value];
    ++count_;
  }
  [[nodiscard]] std::uint64_t count() const { return count_; }
  // All of them need count() > 0.
  [[nodiscard]] std::int64_t min() const { return counts_.begin()->first; }
  [[nodiscard]] std::int64_t max() const { return counts_.rbegin()->first; }
  /// The value at rank ceil(percent / 100 * count), 1 to 100 (nearest rank).
  [[nodiscard]] std::int64_t percentile(unsigned percent) const {
    return at((count_ * percent + 99) / 100);
  }
  /// The middle value; of an even number of them the mean of the two in the middle, rounded down.
  [[nodiscard]] std::int64_t median() const {
    return (at((count_ + 1) / 2) + at(count_ / 2 + 1)) / 2;
  }

 private:
  /// By rank, from 1.
  [[nodiscard]] std::int64_t at(std::uint64_t rank) const {
    for (const auto& [value, count] : counts_) {
      if (count >= rank) return value;
      rank -= count;
    }
    return max();
  }

  std::map<std::int64_t, std::uint64_t> counts_;
  std::uint64_t count_ = 0;
};

}  // namespace tcpkit
