#pragma once

#include "cmd/cli/option_set.h"
#include "flow/data_options.h"

namespace tcpkit::cmd {

/// The data group.
struct DataGroup {
  flow::DataOptions options;

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
