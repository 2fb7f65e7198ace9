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

/// The names of the fields of a kind of record that a pattern may ask for.
std::vector<std::string_view> field_names(const record::Kind& kind);
/// Those that some event has.
std::vector<std::string_view> event_field_names();

/// A record in a few words: "error ECONNRESET", "data (3 bytes)".
std::string describe(const record::Record& record);

}  // namespace tcpkit::script
