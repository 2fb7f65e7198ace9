#pragma once

#include <string>
#include <vector>

#include "record/note.h"

namespace tcpkit::cmd {

/// How the program was called.
struct Invocation {
  std::string version;
  std::string command;
  std::vector<std::string> words;  ///< what follows the command's name
};

/// main() says it once the command is known.
void set_invocation(Invocation value);

/// The first record of every JSON trace. Of the words it leaves out what may be secret: the texts
/// of --send and --do, and the user and password of --proxy.
record::note::Run run_record();

}  // namespace tcpkit::cmd
