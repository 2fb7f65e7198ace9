#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/ip_number.h"

namespace tcpkit {

/// Keys in rising order, in blocks of `fan`, each of which is one step of a search. What such a
/// step costs is to wait for memory: a block is one cache line or two, asked for at once.
template <class Key>
class KeyBlocks {
 public:
  static constexpr std::size_t fan = 16;

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] const Key& operator[](std::size_t index) const {
    return blocks_[index / fan].keys[index % fan];
  }
  [[nodiscard]] const Key& back() const { return (*this)[size_ - 1]; }

  /// `key` is not below back(), which also fills the rest of the last block.
  void push_back(const Key& key) {
    if (size_ % fan == 0) blocks_.emplace_back();
    std::fill(blocks_.back().keys.begin() + static_cast<std::ptrdiff_t>(size_ % fan),
              blocks_.back().keys.end(), key);
    ++size_;
  }

  /// Index of the last key of a block that is not above `key`, the block's first being none that
  /// is. May be size() or more, for one that fills the block.
  [[nodiscard]] std::size_t find(std::size_t block, const Key& key) const {
    const Block& in = blocks_[block];
    __builtin_prefetch(&in.keys.front());
    std::size_t at = 0;
    // No branch depends on a key: none could be predicted.
    for (std::size_t step = fan / 2; step > 0; step /= 2)
      at += step * static_cast<std::size_t>(in.keys[at + step] <= key);
    return block * fan + at;
  }

 private:
  static constexpr std::size_t cache_line = 64;
  struct alignas(cache_line) Block {
    std::array<Key, fan> keys;
  };

  std::vector<Block> blocks_;
  std::size_t size_ = 0;
};

/// The halves stand apart: the high one nearly always decides, so a search touches half as much
/// memory and the processor's cache holds twice as many keys.
template <>
class KeyBlocks<Bits128> {
 public:
  static constexpr std::size_t fan = KeyBlocks<std::uint64_t>::fan;

  [[nodiscard]] std::size_t size() const { return highs_.size(); }
  [[nodiscard]] Bits128 operator[](std::size_t index) const {
    return {highs_[index], lows_[index]};
  }
  [[nodiscard]] Bits128 back() const { return {highs_.back(), lows_.back()}; }

  void push_back(const Bits128& key) {
    highs_.push_back(key.high);
    // Rising only among equal high halves, which is all that find() needs of it.
    lows_.push_back(key.low);
  }

  [[nodiscard]] std::size_t find(std::size_t block, const Bits128& key) const {
    const std::size_t found = highs_.find(block, key.high);
    if (highs_[found] != key.high) return found;
    std::size_t at = block * fan;
    for (std::size_t step = fan / 2; step > 0; step /= 2)
      at += step * static_cast<std::size_t>((*this)[at + step] <= key);
    return at;
  }

 private:
  KeyBlocks<std::uint64_t> highs_;
  KeyBlocks<std::uint64_t> lows_;
};

}  // namespace tcpkit
