#pragma once

#include <string>

#include "diagram/model.h"

namespace tcpkit::diagram {

/// A sequenceDiagram of Mermaid: captured segments as ->>, inferred ones as -->>, words as notes.
/// Several connections are several pairs of participants, one pair after another.
std::string draw_mermaid(const Picture& picture, Times times);

}  // namespace tcpkit::diagram
