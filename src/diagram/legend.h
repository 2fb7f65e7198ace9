#pragma once

#include <string_view>
#include <vector>

#include "diagram/model.h"

namespace tcpkit::diagram {

/// What a sign of a diagram means.
struct LegendEntry {
  enum class Sort : std::uint8_t { captured, inferred, inferred_state } sort;
  std::string_view text;
};

/// Of the signs that the picture has.
inline std::vector<LegendEntry> legend_of(const Picture& picture) {
  using Sort = LegendEntry::Sort;
  std::vector<LegendEntry> entries;
  if (picture.captured) entries.push_back({Sort::captured, "solid: a captured segment"});
  if (picture.inferred) {
    entries.push_back({Sort::inferred, "dashed: inferred from calls, events and the kernel"});
  }
  if (picture.inferred_state) {
    entries.push_back({Sort::inferred_state, "a state that was inferred, not observed"});
  }
  return entries;
}

}  // namespace tcpkit::diagram
