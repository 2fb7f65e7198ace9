#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <variant>
#include <vector>

#include "net/socket_options.h"
#include "record/kinds.h"

/// Steps: what one end of a connection does, as data. parse.h makes them from text, runner.h walks
/// them. tcpkit-steps(5) describes the text.
namespace tcpkit::script {

struct SendText {
  std::string bytes;
};
/// `path` "-" is stdin.
struct SendFile {
  std::string path;
};
/// So many bytes of the repeating text 0123456789abcdef.
struct SendSize {
  std::size_t bytes;
};
struct End {};
struct Destroy {};
struct DestroySoon {};
struct Reset {};
struct Pause {};
struct Resume {};
struct Set {
  net::OptionChange change;
};
struct Sleep {
  std::chrono::milliseconds duration;
};

/// FIELD=VALUE. `quoted`: the value is a string, never a number, a boolean or null.
struct Field {
  std::string name;
  std::string value;
  bool quoted;
};

/// Which record an `expect` or `refute` is about.
struct Pattern {
  const record::Kind* kind = nullptr;  ///< never null in a step
  std::vector<std::string> flags;      ///< of `segment` only: that it must have; empty: any
  std::vector<Field> fields;
  std::string text;  ///< of `data` only: a substring of the bytes; empty: none

  template <class E>
  [[nodiscard]] bool is() const {
    return record::is_one_of<E>(*kind);
  }
};

struct Expect {
  static constexpr std::chrono::seconds usual_limit{5};
  Pattern pattern;
  std::chrono::milliseconds within{usual_limit};
};
struct Refute {
  Pattern pattern;
  std::chrono::milliseconds duration;
};
struct Vanish {};
struct Note {
  std::string text;
};

using Action = std::variant<SendText, SendFile, SendSize, End, Destroy, DestroySoon, Reset, Pause,
                            Resume, Set, Sleep, Expect, Refute, Vanish, Note>;

struct Step {
  std::size_t line = 0;  ///< counted from 1; of --do: which of them
  std::string text;      ///< as it was written, without blanks around it
  Action action;
};

/// All steps of a command.
struct Script {
  std::string file;  ///< empty: the steps came from --do
  std::vector<Step> steps;
};

/// Where a step stands, for messages: "FILE:3", or "--do 3".
std::string place(const std::string& file, std::size_t line);

/// A step's text for messages: escaped, and cut where it is long.
std::string shown(std::string_view text);

/// What the step waits for, or forbids; nullptr for any other step.
const Pattern* pattern_of(const Step& step);

/// True for a step that looks at one of the listener's events: listening, connection, drop,
/// blocked.
bool looks_at_listener(const Step& step);

/// True where the step, or one of the steps, looks at records of the layer.
bool looks_at(const Step& step, record::Layer layer);
bool looks_at(const Script& script, record::Layer layer);

/// How many steps come before the first one that needs a connection: a listener runs those once.
std::size_t count_prelude(const Script& script);

}  // namespace tcpkit::script
