#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "script/arguments.h"
#include "script/lab/lab.h"
#include "script/parse.h"

namespace tcpkit::script {

/// What the parser leaves to the command, which knows the options.
struct LabDialect {
  /// How a listener was opened, by its actor's name; nullptr where there is none.
  using Listeners = std::function<const Opening*(std::string_view name)>;
  /// Reads the words behind `listen`, `connect` or `udp`. Throws Fault.
  std::function<Opening(Opening::Kind kind, const std::vector<std::string>& words,
                        const Listeners& listeners)>
      read_opening;
  /// As Dialect::read_option, of an actor that was opened like this.
  std::function<std::optional<net::OptionChange>(const Opening& opening, bool is_unix,
                                                 const std::string& name, const std::string& value,
                                                 std::string& why)>
      read_option;
};

/// True where the other end is a Unix socket.
bool is_unix(const Opening& opening, const LabDialect::Listeners& listeners);

/// The title alone, without a look at the rest; empty if there is none.
std::string_view title_of(std::string_view content);

/// Reads a lab. `file`: its name, for messages. Throws SyntaxError for the first wrong line. Pure:
/// touches no file and no socket.
Lab parse_lab(const std::string& file, std::string_view content, const LabDialect& dialect);

}  // namespace tcpkit::script
