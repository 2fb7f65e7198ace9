#pragma once

#include <string>
#include <vector>

#include "cmd/cli/declare.h"
#include "cmd/options/dump.h"
#include "flow/data_options.h"

namespace tcpkit::cmd {

/// Options of several commands, which say in `text` what is special about theirs.
void declare_send(Group& group, std::vector<std::string>& texts, const char* text);
void declare_no_half_open(Group& group, bool& target, const char* text);

/// The data group.
struct DataGroup {
  flow::DataOptions options;
  DumpGroup dump;

  void declare(OptionSet& set);
  /// Throws UsageError.
  void check();
  /// What the peer's FIN means for stdin; `allowed`: --allow-half-open was given.
  [[nodiscard]] flow::HalfOpen half_open(bool allowed) const;

 private:
  bool no_half_open_ = false;
  bool no_shutdown_ = false;
  bool nc_n_ = false;
  std::chrono::milliseconds quit_after_{0};
  OptionSet* set_ = nullptr;
};

}  // namespace tcpkit::cmd
