#pragma once

#include <functional>
#include <string>

#include "base/candidate.h"

namespace tcpkit::script {

/// Whose step is being typed.
struct SuggestDialect {
  bool listener = false;  ///< of a server
  /// Completes the NAME=VALUE of `set`, by the declarations of the command line.
  std::function<Candidates(const std::string& typed)> complete_option;
};

/// How the step may go on that has been typed so far: verbs, events, fields, states, flags. Each
/// candidate is the whole step up to there. Nothing inside a text in quotes.
Candidates suggest_step(const std::string& typed_step, const SuggestDialect& dialect);

/// Adds what the last word of an `expect` or `refute` may be. `words`: those between the verb and
/// the last word; `limit`: the word before the duration; `head`: the step up to the last word.
void suggest_record(Candidates& found, const std::vector<std::string>& words,
                    const std::string& limit, const std::string& head, const std::string& typed,
                    bool listener);

}  // namespace tcpkit::script
