#pragma once

#include <stdexcept>
#include <string>

namespace tcpkit::cmd {

/// The command line is wrong: one line that names the argument, what is wrong with it, and a valid
/// form. Exit status 2, nothing opened. Thrown while the line is read, caught in main.
class UsageError : public std::runtime_error {
 public:
  explicit UsageError(const std::string& text) : std::runtime_error(text) {}
};

/// An option of nc, ncat or socat; what() is what to type instead.
class ForeignOption : public UsageError {
 public:
  using UsageError::UsageError;
};

}  // namespace tcpkit::cmd
