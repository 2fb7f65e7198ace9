#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace tcpkit::diagram {

/// Finds things that somebody else keeps and numbers 0, 1, ..., in eight to sixteen bytes for each:
/// a trace may have as many of them as lines. A hash table with open addressing.
class Index {
 public:
  static constexpr std::uint32_t none = UINT32_MAX;

  /// The first number added under this hash that `same` is true for; `none` where there is none.
  /// `same` is asked of others, too.
  template <class Same>
  [[nodiscard]] std::uint32_t find(std::uint64_t hash, Same same) const {
    if (slots_.empty()) return none;
    for (std::size_t at = mixed(hash);; ++at) {
      const std::uint32_t number = slots_[at & (slots_.size() - 1)];
      if (number == none || same(number)) return number;
    }
  }

  /// Adds the next number. `hash_of` gives the hash of any one up to it.
  template <class HashOf>
  void add(HashOf hash_of) {
    static constexpr std::size_t least = 16;
    if (size_ >= slots_.size() / 2) {
      const std::size_t wanted = slots_.empty() ? least : slots_.size() * 2;
      slots_ = {};
      slots_.resize(wanted, none);
      for (std::uint32_t number = 0; number < size_; ++number)
        put(hash_of(number), number);
    }
    put(hash_of(size_), size_);
    ++size_;
  }

 private:
  void put(std::uint64_t hash, std::uint32_t number) {
    std::size_t at = mixed(hash);
    while (slots_[at & (slots_.size() - 1)] != none)
      ++at;
    slots_[at & (slots_.size() - 1)] = number;
  }

  /// The end of MurmurHash3: each bit of the result depends on all.
  static std::uint64_t mixed(std::uint64_t hash) {
    hash = (hash ^ (hash >> 33U)) * 0xff51afd7ed558ccdU;
    hash = (hash ^ (hash >> 33U)) * 0xc4ceb9fe1a85ec53U;
    return hash ^ (hash >> 33U);
  }

  std::vector<std::uint32_t> slots_;  ///< a power of two of them, at most half of them taken
  std::uint32_t size_ = 0;
};

}  // namespace tcpkit::diagram
