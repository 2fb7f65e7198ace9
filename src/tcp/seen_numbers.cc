#include "tcp/seen_numbers.h"

#include <algorithm>

namespace tcpkit::tcp {

bool SeenNumbers::any(std::uint32_t first, std::uint32_t behind) const {
  if (!is_before(first, behind)) return false;
  if (is_before(first, floor_)) return true;
  const auto range = std::partition_point(
      ranges_.begin(), ranges_.end(), [&](const Range& r) { return !is_before(first, r.second); });
  return range != ranges_.end() && is_before(range->first, behind);
}

void SeenNumbers::add(std::uint32_t first, std::uint32_t behind) {
  if (is_before(first, floor_)) first = floor_;
  if (!is_before(first, behind)) return;
  // Those that touch the new one become one with it. Nearly always it is the last.
  auto begin = ranges_.end();
  while (begin != ranges_.begin() && !is_before(std::prev(begin)->second, first))
    --begin;
  auto end = begin;
  for (; end != ranges_.end() && !is_before(behind, end->first); ++end) {
    if (is_before(end->first, first)) first = end->first;
    if (is_before(behind, end->second)) behind = end->second;
  }
  begin = ranges_.erase(begin, end);
  ranges_.insert(begin, {first, behind});
  while (!ranges_.empty() && (ranges_.size() > most || !is_before(floor_, ranges_.front().first))) {
    if (is_before(floor_, ranges_.front().second)) floor_ = ranges_.front().second;
    ranges_.erase(ranges_.begin());
  }
}

void SeenNumbers::received(std::uint32_t number) {
  if (!is_before(floor_, number)) return;
  floor_ = number;
  const auto kept = std::find_if(ranges_.begin(), ranges_.end(), [&](const Range& range) {
    return is_before(number, range.second);
  });
  ranges_.erase(ranges_.begin(), kept);
  if (ranges_.empty() || is_before(number, ranges_.front().first)) return;
  floor_ = ranges_.front().second;
  ranges_.erase(ranges_.begin());
}

}  // namespace tcpkit::tcp
