#pragma once

#include <span>
#include <string_view>

namespace tcpkit::trace {

/// A word of TCP that traces and diagrams use and that is no record's name.
struct Term {
  std::string_view kind;  ///< "state", "flag", "label" (of a segment), "error code"
  std::string_view word;
  std::string_view text;  ///< of an error code empty: base/advice.h has it
  std::string_view lab;   ///< the lab that shows it; empty: none does
};

/// States of RFC 9293, 3.3.2, flags of its 3.1, labels of segments, and error codes.
std::span<const Term> glossary();

}  // namespace tcpkit::trace
