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

/// One plain sentence about what a record of this layer and name means; empty where there is none.
std::string_view explain(Layer layer, Role role, std::string_view name);

}  // namespace tcpkit::record
