#pragma once

#include <string_view>
#include <vector>

namespace tcpkit {

/// The candidate most like `word` (edit distance at most a third of its length); empty where none
/// is.
std::string_view nearest(std::string_view word, const std::vector<std::string_view>& candidates);

}  // namespace tcpkit
