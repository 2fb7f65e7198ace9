#pragma once

#include <optional>

#include "cmd/cli/declare.h"
#include "diagram/ladder.h"

namespace tcpkit::cmd {

enum class Colour { automatic, always, never };

/// The options that say what a trace or a diagram looks like; each is declared here alone.
void declare_diagram(Group& group, std::optional<diagram::Form>& form);
void declare_time(Group& group, trace::TimeView& time);
void declare_colour(Group& group, Colour& colour);

/// On `fd`: automatic is on a terminal, unless NO_COLOR or TERM=dumb speak against it.
bool wants_colour(Colour colour, int fd);

/// Of a ladder on `fd`: Unicode where the locale is UTF-8 (LC_ALL, LC_CTYPE, LANG).
diagram::LadderStyle ladder_style(trace::TimeView time, Colour colour, int fd);

}  // namespace tcpkit::cmd
