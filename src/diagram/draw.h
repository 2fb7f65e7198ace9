#pragma once

#include <string>

#include "diagram/collection.h"
#include "diagram/ladder.h"

namespace tcpkit::diagram {

/// The diagram of all that was collected, in one of the forms; only a ladder has a charset and
/// colours. Takes the words out of the collection.
std::string draw(Collection& collection, Form form, LadderStyle style);

}  // namespace tcpkit::diagram
