#pragma once

#include <span>
#include <string_view>

namespace tcpkit::record {

/// A word of TCP or Node that traces and diagrams use, or the name of a note.
struct Term {
  std::string_view kind;  ///< "state", "flag", "label" (of a segment), "error code", "note", ...
  std::string_view word;
  std::string_view text;  ///< of an error code empty: base/advice.h has it
  std::string_view lab;   ///< the lab that shows it; empty: none does
};

/// States of RFC 9293, 3.3.2, flags of its 3.1, labels of segments, notes, terms and error
/// codes.
std::span<const Term> glossary();

}  // namespace tcpkit::record
