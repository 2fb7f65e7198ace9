#pragma once

#include <string>

#include "trace/tracer.h"

namespace tcpkit::cmd {

/// Diagnostics: one line each on stderr, "tcpkit COMMAND: text", or a note::Message where stderr
/// carries a JSON trace, whose every line must be JSON.
class Console {
 public:
  /// `json_on_stderr`: say everything through the tracer.
  Console(std::string command, trace::Tracer& tracer, bool json_on_stderr)
      : command_(std::move(command)), tracer_(tracer), json_(json_on_stderr) {}

  void say(const std::string& text);

 private:
  std::string command_;
  trace::Tracer& tracer_;
  bool json_;
};

}  // namespace tcpkit::cmd
