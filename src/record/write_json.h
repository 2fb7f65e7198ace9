#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "record/epoch.h"
#include "record/record.h"

namespace tcpkit::record {

/// What of the payload a trace shows.
enum class DataView { none, text, hex };

/// What a user has all records labelled with, in order; each key once.
using Tags = std::vector<std::pair<std::string, std::string>>;

/// The tags as an object; empty if there are none.
std::string json_object(const Tags& tags);

/// The line of a record, with its '\n', version 1: the fields of tcpkit-trace(5). `seq` is its
/// number in the trace, `tags` an object or empty.
void append_json(std::string& out, const Record& record, std::uint64_t seq, const Epoch& epoch,
                 DataView data, std::string_view tags = {});

}  // namespace tcpkit::record
