#pragma once

#include <string>

#include "diagram/model.h"

namespace tcpkit::diagram {

/// One SVG file that needs nothing else: readable on light and dark pages by the reader's own
/// setting (prefers-color-scheme), and, pasted into a page, changes nothing around it.
std::string draw_svg(const Picture& picture, Times times);

}  // namespace tcpkit::diagram
