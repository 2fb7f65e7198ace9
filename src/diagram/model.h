#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "trace/human_sink.h"

namespace tcpkit::diagram {

/// Of the two lifelines: the client's is on the left.
enum class Side : std::uint8_t { left, right };

/// A segment from one lifeline to the other.
struct Arrow {
  Side from = Side::left;
  bool captured = false;  ///< on the wire; otherwise inferred
  bool reset = false;
  std::string label;    ///< empty: there is no arrow
  std::string brief{};  ///< the same where there is less room; may be empty
};

/// One line of a diagram: words at one of the lifelines, an arrow, or both. All text is displayed
/// (base/escape.h).
struct Row {
  enum class Kind : std::uint8_t { call, event, error, kernel, state, note, segment };
  std::int64_t nanoseconds = 0;  ///< since the start of the trace's first program
  std::uint32_t order = 0;       ///< of its record in the trace
  bool timed = true;             ///< false: of the same record as the row above
  Kind kind = Kind::segment;
  Side side = Side::left;  ///< where the words stand; a note is over both
  std::string text;
  Arrow arrow;
};

/// A connection as it is drawn, one end or both, or what a listener of many told.
struct Conversation {
  std::string name;   ///< "client 1"
  std::string route;  ///< "127.0.0.1:40312 -> 127.0.0.1:5000"; may be empty
  std::string left;
  std::string right;
  std::vector<Row> rows;
};

/// What a diagram shows, in order, and of which sorts that its legend explains.
struct Picture {
  std::vector<Conversation> conversations;
  std::int64_t start = 0;  ///< of the first program: nanoseconds since 1970, 0 where unknown
  bool captured = false;
  bool inferred = false;
  bool inferred_state = false;
};

/// The forms in which a picture is drawn.
enum class Form : std::uint8_t { ladder, mermaid, svg };

/// How times stand beside the rows.
using Times = trace::TimeView;

}  // namespace tcpkit::diagram
