#pragma once

#include <string>

#include "cmd/cli/option_set.h"

namespace tcpkit::cmd {

/// --hexdump and --record: files for the payload.
struct DumpGroup {
  std::string hexdump;
  std::string record;

  void declare(OptionSet& set);
  /// Throws UsageError.
  void check(const std::string& trace_file) const;
};

}  // namespace tcpkit::cmd
