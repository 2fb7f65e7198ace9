#pragma once

#include <string>

#include "diagram/model.h"
#include "diagram/width.h"

namespace tcpkit::diagram {

struct LadderStyle {
  Charset charset = Charset::unicode;
  Times times = Times::relative;
  bool colour = false;
};

/// Two lifelines for a terminal of 80 columns, which no line exceeds: times on the left, words at
/// their end, arrows between.
std::string draw_ladder(const Picture& picture, LadderStyle style);

}  // namespace tcpkit::diagram
