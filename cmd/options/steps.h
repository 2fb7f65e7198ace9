#pragma once

#include <string>
#include <vector>

#include "cmd/cli/catalogue.h"
#include "cmd/cli/option_set.h"
#include "cmd/options/data.h"
#include "script/parse.h"
#include "script/script.h"

namespace tcpkit::cmd {

/// What Dialect::read_option asks: the NAME=VALUE of `set`, by the declarations of the socket
/// options. `command`: where all options of the command are declared; must outlive it.
decltype(script::Dialect::read_option) make_option_reader(const OptionSet& command, bool is_unix);

/// The options that `set` takes, with the two dashes that they have on the command line.
std::vector<OptionEntry> changeable_options();

/// Throws UsageError where the step sends a file that is not there. `file`: of the script.
void check_file(const script::Step& step, const std::string& file);

/// All of a file; throws UsageError, whose text begins with `option`.
std::string read_script(const std::string& option, const std::string& path);

/// The steps group.
struct StepGroup {
  void declare(OptionSet& set);
  /// Reads the steps. `listener`: the command is a server; `layers`: those of its trace. Throws
  /// UsageError.
  void check(bool listener, bool is_unix, trace::Layers layers);
  /// Refuses what is about stdin, whose place the steps take. Throws UsageError.
  void check_data() const;

  /// True where --do or --script was given.
  [[nodiscard]] bool given() const { return given_; }
  [[nodiscard]] const script::Script& script() const { return script_; }

 private:
  std::vector<std::string> do_;
  std::string file_;
  script::Script script_;
  bool given_ = false;
  OptionSet* set_ = nullptr;
};

}  // namespace tcpkit::cmd
