// checks RULES: what a check against so many random rules costs, for either family: the median of
// rounds of random addresses.
#include <time.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <utility>
#include <vector>

#include "base/block_list.h"

namespace {

using tcpkit::BlockList;
using tcpkit::BlockRule;
using tcpkit::IpNumber;

std::mt19937_64 random_bits(1);

/// IPv6: of 2000::/3.
IpNumber random_address(int family) {
  if (family == 4) return IpNumber::from_ipv4(static_cast<std::uint32_t>(random_bits()));
  return {6, {0x2000000000000000 | (random_bits() >> 3), random_bits()}};
}

/// Single addresses and ranges of 256, one half each.
BlockRule random_rule(int family) {
  BlockRule rule;
  rule.kind = BlockRule::Kind::range;
  rule.family = family == 4 ? 4 : 6;
  rule.first = rule.last = random_address(family).bits;
  if (random_bits() % 2 == 0) {
    rule.first.low &= ~std::uint64_t{255};
    rule.last.low |= 255;
  }
  return rule;
}

/// Of this thread, for others may have the processor too.
double processor_nanoseconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

double nanoseconds_per_check(const BlockList& list, int family) {
  constexpr std::size_t checks = 100'000, rounds = 101;
  std::vector<double> times;
  std::size_t blocked = 0;
  for (std::size_t round = 0; round < rounds; ++round) {
    std::vector<IpNumber> asked;
    for (std::size_t i = 0; i < checks; ++i)
      asked.push_back(random_address(family));
    const double start = processor_nanoseconds();
    for (const IpNumber& address : asked)
      blocked += static_cast<std::size_t>(list.find(address) != nullptr);
    times.push_back((processor_nanoseconds() - start) / checks);
  }
  if (blocked > checks * rounds) std::abort();  // uses the answers
  std::sort(times.begin(), times.end());
  return times[rounds / 2];
}

}  // namespace

int main(int argc, char** argv) {
  const std::size_t count = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 1'000'000;
  for (const int family : {4, 6}) {
    std::vector<BlockRule> rules;
    for (std::size_t i = 0; i < count; ++i)
      rules.push_back(random_rule(family));
    const BlockList list(std::move(rules));
    std::printf("IPv%d %.1f ns\n", family, nanoseconds_per_check(list, family));
  }
}
