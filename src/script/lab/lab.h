#pragma once

#include <cstddef>
#include <string>
#include <variant>
#include <vector>

#include "base/endpoint.h"
#include "script/script.h"

/// Labs: both ends of an experiment, as data. lab/parse.h makes them from text, lab/runner.h runs
/// them. tcpkit-lab(5) describes the text.
namespace tcpkit::script {

/// What an actor begins with.
struct Opening {
  enum class Kind { listen, connect, udp };
  Kind kind = Kind::listen;
  /// Where: a host may be missing, and so is the port where `other` gives it.
  Endpoint endpoint;
  std::string other;     ///< whose port it is, and its host where there is none; or empty
  std::size_t plan = 0;  ///< the command's number for the options
  std::size_t read_buffer = 65536;  ///< most bytes of one read
  bool keep_open = false;           ///< a listener that serves many
};
/// The listener takes no more clients.
struct CloseListener {};
/// Clients wait in the backlog, or are accepted again.
struct Hold {
  bool on;
};
/// What comes in for the connection is thrown away before TCP sees it, or no longer.
struct Drop {
  bool on;
};
/// The loopback interface, which is every cable of the lab.
struct Cable {
  bool up;
};

using LabAction = std::variant<Opening, CloseListener, Hold, Drop, Cable, Step>;

struct LabLine {
  std::size_t line;   ///< counted from 1
  std::size_t actor;  ///< index
  std::string text;   ///< as it was written, without blanks around it
  LabAction action;
};

struct Lab {
  std::string file;  ///< for messages
  std::string title;
  std::string question;
  std::string lesson;  ///< paragraphs, with an empty line between
  std::string see;
  std::vector<std::string> actors;  ///< the first is the lab itself
  std::vector<LabLine> lines;
  bool drops = false;  ///< needs a network of its own: it loses segments
};

/// Takes out the lines that look at segments, where none are captured, and returns them.
std::vector<LabLine> take_wire_lines(Lab& lab);
/// True where there is such a line.
bool looks_at_wire(const Lab& lab);

}  // namespace tcpkit::script
