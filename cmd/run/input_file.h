#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>

namespace tcpkit::cmd {

/// A file that a command reads from its beginning to its end; "-" is stdin.
class InputFile {
 public:
  /// Throws std::system_error if it cannot be opened.
  explicit InputFile(const std::string& name);
  ~InputFile();
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  [[nodiscard]] int fd() const { return fd_; }
  /// As people are shown it.
  [[nodiscard]] const std::string& shown() const { return shown_; }
  /// As read(2), but waits also if somebody made the descriptor non-blocking. A negative errno if
  /// it fails.
  ssize_t read(char* to, std::size_t size) const;
  /// The first bytes: at least `least` unless the file is shorter. A negative errno in `err` if it
  /// fails.
  [[nodiscard]] std::string begin(std::size_t least, ssize_t& err) const;

 private:
  int fd_;
  std::string shown_;
};

}  // namespace tcpkit::cmd
