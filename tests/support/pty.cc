// Runs a command on a terminal of its own and copies what it prints there to a file; types for it.
// The exit status is the command's, 128 + N if signal N ended it.
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <sys/wait.h>

#include <ctime>
#include <vector>

#include "support.h"

namespace {

constexpr const char* help =
    "pty FILE ACTION... -- COMMAND [ARG...]\n"
    "  type:TEXT    types TEXT, with C escapes (\\x03 is Ctrl-C, \\x04 the end of the input)\n"
    "  see:TEXT     waits until TEXT was printed, after what the last see found\n"
    "  wait:MS      goes on after that time\n"
    "  stdin        types what its own stdin gives, to its end";

struct Terminal {
  int master = -1;
  int copy = -1;
  std::string printed;  ///< since the last see

  /// Copies what is there within `ms`, -1 for as long as it takes; false when all is closed.
  bool pump(int ms, int input = -1) {
    pollfd ready[] = {{master, POLLIN, 0}, {input, POLLIN, 0}};
    char buffer[4096];
    if (::poll(ready, 2, ms) <= 0) {
      return true;
    }
    if (ready[1].revents != 0) {
      const ssize_t n = ::read(input, buffer, sizeof buffer);
      return n > 0 && ::write(master, buffer, static_cast<std::size_t>(n)) == n;
    }
    const ssize_t n = ::read(master, buffer, sizeof buffer);  // EIO: the last one there has left
    if (n <= 0) {
      return false;
    }
    printed.append(buffer, static_cast<std::size_t>(n));
    if (::write(copy, buffer, static_cast<std::size_t>(n)) != n) {
      support::fail("write");
    }
    return true;
  }

  void act(const std::string& action) {
    const std::string value = support::unescape(action.substr(action.find(':') + 1));
    if (action.starts_with("type:")) {
      if (::write(master, value.data(), value.size()) < 0) {
        support::fail("write");
      }
    } else if (action.starts_with("see:")) {
      std::size_t at = 0;
      while ((at = printed.find(value)) == std::string::npos) {
        if (!pump(-1)) {
          std::fprintf(stderr, "pty: the command ended, but did not print what %s asks for\n",
                       action.c_str());
          return;
        }
      }
      printed.erase(0, at + value.size());
    } else if (action.starts_with("wait:")) {
      const long end = now_ms() + std::stol(value);
      for (long left = end - now_ms(); left > 0 && pump(static_cast<int>(left));) {
        left = end - now_ms();
      }
    } else if (action == "stdin") {
      while (pump(-1, STDIN_FILENO)) {
      }
    } else {
      support::usage(help);
    }
  }

  static long now_ms() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
  }
};

}  // namespace

int main(int argc, char** argv) {
  support::limit_lifetime();
  int command = 2;
  while (command < argc && std::string_view(argv[command]) != "--") {
    ++command;
  }
  if (command + 1 >= argc) {
    support::usage(help);
  }
  Terminal terminal;
  terminal.copy = ::open(argv[1], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  const winsize window{24, 80, 0, 0};
  const pid_t child = ::forkpty(&terminal.master, nullptr, nullptr, &window);
  if (terminal.copy < 0 || child < 0) {
    support::fail("forkpty");
  }
  if (child == 0) {
    // A background job of a shell ignores these two; a program on a terminal does not.
    ::signal(SIGINT, SIG_DFL);
    ::signal(SIGQUIT, SIG_DFL);
    ::signal(SIGPIPE, SIG_DFL);
    ::alarm(0);
    ::execvp(argv[command + 1], argv + command + 1);
    std::perror(argv[command + 1]);
    ::_exit(127);
  }
  for (int i = 2; i < command; ++i) {
    terminal.act(argv[i]);
  }
  while (terminal.pump(-1)) {
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
