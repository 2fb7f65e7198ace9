#pragma once

#include <span>
#include <string_view>

#include "record/record.h"

namespace tcpkit::record {

/// What a kind of record means, and the lab that shows it; empty: none does.
struct Sentence {
  Layer layer;
  std::string_view name;
  std::string_view text;
  std::string_view lab;
};

std::span<const Sentence> all_sentences();

/// One plain sentence about what the record means; empty where there is none.
std::string_view explain(const Record& record);
/// The same of any record of this layer and name.
std::string_view explain(Layer layer, std::string_view name);

}  // namespace tcpkit::record
