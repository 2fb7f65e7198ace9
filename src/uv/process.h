#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "uv/handle.h"
#include "uv/loop.h"

namespace tcpkit::uv {

/// A child process. It starts with the signal dispositions of a fresh program and with our stderr.
/// A Process that goes before its child leaves it running.
class Process {
 public:
  struct Command {
    std::vector<std::string> words;  ///< the program, looked up in PATH, and its arguments
    /// Added to our environment.
    std::vector<std::pair<std::string, std::string>> variables;
    int stdin_fd;  ///< what becomes its stdin and stdout; the caller's, to close afterwards
    int stdout_fd;
  };
  /// The exit status, or (with 0) the signal that ended it.
  using Exited = std::function<void(int status, int signum)>;

  /// Null if the system refuses: `err` is a positive errno then.
  static std::unique_ptr<Process> spawn(Loop& loop, const Command& command, Exited exited,
                                        int& err);

  [[nodiscard]] int pid() const { return pid_; }
  /// False once it has exited.
  [[nodiscard]] bool running() const { return running_; }
  void kill(int signum);

 private:
  explicit Process(Exited exited) : exited_(std::move(exited)) {}
  static void on_exit(uv_process_t* handle, std::int64_t status, int signum);

  Exited exited_;
  int pid_ = 0;
  bool running_ = true;
  Ptr<uv_process_t> handle_;
};

}  // namespace tcpkit::uv
