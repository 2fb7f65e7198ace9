#pragma once

#include "diagram/collection.h"
#include "diagram/model.h"

namespace tcpkit::diagram {

/// Pairs the client's and the server's end of each connection where a trace has both, by their
/// addresses, and puts what they told on two lifelines in order of time. An end whose segments were
/// captured has them for arrows, any other one what its calls, events and kernel records let one
/// infer. Takes the words out of the collection.
Picture lay_out(Collection& collection);

}  // namespace tcpkit::diagram
