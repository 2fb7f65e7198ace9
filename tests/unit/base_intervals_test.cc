#include "base/intervals.h"

#include <gtest/gtest.h>

#include <random>

#include "base/ip_number.h"

namespace tcpkit {
namespace {

using Small = Intervals<std::uint32_t>;

Small make(std::vector<Small::Span> spans) {
  return {std::move(spans), [](std::uint32_t k) { return k + 1; },
          [](std::uint32_t k) { return k - 1; }};
}

std::uint32_t brute(const std::vector<Small::Span>& spans, std::uint32_t key) {
  std::uint32_t least = Small::none;
  for (const auto& s : spans) {
    if (s.first <= key && key <= s.last) least = std::min(least, s.number);
  }
  return least;
}

TEST(Intervals, AnswersNothingWhereThereIsNothing) {
  const Small empty = make({});
  EXPECT_EQ(empty.find(0), Small::none);
  EXPECT_EQ(empty.find(UINT32_MAX), Small::none);
}

TEST(Intervals, HoldsTheEndsOfTheWorld) {
  const Small all = make({{0, UINT32_MAX, 7}, {0, 0, 3}, {UINT32_MAX, UINT32_MAX, 2}});
  EXPECT_EQ(all.find(0), 3U);
  EXPECT_EQ(all.find(1), 7U);
  EXPECT_EQ(all.find(UINT32_MAX - 1), 7U);
  EXPECT_EQ(all.find(UINT32_MAX), 2U);
}

TEST(Intervals, AgreesWithTryingAll) {
  std::mt19937 engine(1);
  const auto random = [&] { return static_cast<std::uint32_t>(engine()); };
  for (int round = 0; round < 300; ++round) {
    // Few keys, so that spans overlap and touch in every way; now and then all over the range.
    const std::uint32_t low = round % 3 == 0 ? UINT32_MAX - 400 : 0;
    const std::uint32_t width = round % 5 == 0 ? UINT32_MAX - low : 400;
    std::vector<Small::Span> spans;
    const unsigned count = random() % (round % 10 == 0 ? 2000 : 40);
    for (std::uint32_t i = 0; i < count; ++i) {
      const std::uint32_t first = low + random() % width;
      const std::uint32_t length = random() % (random() % 64 + 1);
      spans.push_back({first, std::max(first, first + length), i});
    }
    const Small intervals = make(spans);
    for (std::uint32_t i = 0; i < 400; ++i) {
      ASSERT_EQ(intervals.find(low + i), brute(spans, low + i));
      const auto key = random();
      ASSERT_EQ(intervals.find(key), brute(spans, key));
    }
    for (const auto& s : spans) {
      for (const std::uint32_t key : {s.first - 1, s.first, s.last, s.last + 1})
        ASSERT_EQ(intervals.find(key), brute(spans, key));
    }
  }
}

TEST(Intervals, AgreesWithTryingAllWhereHighHalvesAreEqual) {
  using Large = Intervals<Bits128>;
  std::mt19937_64 engine(1);
  for (int round = 0; round < 25; ++round) {
    const std::uint64_t highs = engine() % 8 + 1;
    const auto random = [&] { return Bits128{engine() % highs, engine() % 400}; };
    std::vector<Large::Span> spans;
    for (auto i = static_cast<std::uint32_t>(engine() % 300); i > 0; --i) {
      const Bits128 a = random();
      const Bits128 b = random();
      spans.push_back(a <= b ? Large::Span{a, b, i} : Large::Span{b, a, i});
    }
    const Large intervals(
        spans,
        [](Bits128 k) {
          return k.low == UINT64_MAX ? Bits128{k.high + 1, 0} : Bits128{k.high, k.low + 1};
        },
        [](Bits128 k) {
          return k.low == 0 ? Bits128{k.high - 1, UINT64_MAX} : Bits128{k.high, k.low - 1};
        });
    for (int i = 0; i < 400; ++i) {
      const Bits128 key = random();
      std::uint32_t least = Large::none;
      for (const auto& s : spans) {
        if (s.first <= key && key <= s.last) least = std::min(least, s.number);
      }
      ASSERT_EQ(intervals.find(key), least);
    }
  }
}

TEST(Bits128, ComparesAsANumber) {
  const Bits128 sorted[] = {{0, 0}, {0, 1}, {0, UINT64_MAX}, {1, 0}, {1, 1}, {UINT64_MAX, 0}};
  for (std::size_t i = 0; i < std::size(sorted); ++i) {
    for (std::size_t j = 0; j < std::size(sorted); ++j) {
      EXPECT_EQ(sorted[i] <= sorted[j], i <= j);
      EXPECT_EQ(sorted[i] < sorted[j], i < j);
      EXPECT_EQ(sorted[i] == sorted[j], i == j);
    }
  }
}

}  // namespace
}  // namespace tcpkit
