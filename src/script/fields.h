#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "record/record.h"
#include "script/script.h"

namespace tcpkit::script {

/// True where the record is the event of the pattern and has all its fields and flags; the text is
/// not looked at. A field's name may also be that of a field of its error object, or readyState.
bool matches(const record::Record& record, const Pattern& pattern);

/// The names of all records of the layer (event, kernel or wire), and of all fields that some of
/// them has: made from trace/event.h.
const std::vector<std::string_view>& event_names(record::Layer layer);
const std::vector<std::string_view>& field_names(record::Layer layer);
/// Those of one event of the layer.
std::vector<std::string_view> field_names(record::Layer layer, std::string_view event);

/// A record in a few words: "error ECONNRESET", "data (3 bytes)".
std::string describe(const record::Record& record);

}  // namespace tcpkit::script
