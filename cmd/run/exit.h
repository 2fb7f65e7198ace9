#pragma once

#include "base/error.h"

namespace tcpkit::cmd {

/// The exit status of every command. 128 + N: ended by signal N.
enum class Exit {
  done = 0,
  failure = 1,
  usage = 2,
  lookup = 3,
  refused = 4,
  timed_out = 5,
  reset = 6,
  blocked = 7,
  expectation = 8,
};

/// The status of a connection that ended with `error`; an AggregateError counts by its code, that
/// of the first attempt.
Exit exit_of(const Error& error);

}  // namespace tcpkit::cmd
