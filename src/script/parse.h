#pragma once

#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "script/script.h"
#include "trace/tracer.h"

namespace tcpkit::script {

/// What is allowed depends on whose script it is.
struct Dialect {
  bool listener = false;  ///< of a server: its records and those of each accepted connection
  bool is_unix = false;   ///< no reset, no vanish
  /// Reads the NAME=VALUE of `set` by the declarations of the command line. On failure nullopt, and
  /// `why` a clause.
  std::function<std::optional<net::OptionChange>(const std::string& name, const std::string& value,
                                                 std::string& why)>
      read_option;
  trace::Layers layers{};  ///< those that were asked for: only of these there are records
};

/// A step is wrong. what(): the fault and a valid form, in one line without the place.
class SyntaxError : public std::runtime_error {
 public:
  SyntaxError(std::size_t line, const std::string& what) : std::runtime_error(what), line_(line) {}
  [[nodiscard]] std::size_t line() const { return line_; }

 private:
  std::size_t line_;
};

/// A kind of step, for completions.
struct StepForm {
  std::string_view verb;
  std::string_view form;     ///< how it is written; the verb alone if nothing may follow
  std::string_view meaning;  ///< in a few words
};
std::vector<StepForm> step_forms();

/// Reads one step; nullopt where there is none but blanks and a comment. Throws SyntaxError. Pure:
/// touches no file and no socket.
std::optional<Step> parse_step(std::string_view text, std::size_t line, const Dialect& dialect);

/// Reads a script, a step a line. Throws SyntaxError for the first wrong one.
std::vector<Step> parse_script(std::string_view content, const Dialect& dialect);

}  // namespace tcpkit::script
