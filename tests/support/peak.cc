// peak FILE COMMAND [ARG...]: runs it, hands SIGTERM on, writes the most memory that was resident
// (KiB) to FILE, and exits as it did (128 + N if signal N ended it).
#include <sys/resource.h>
#include <sys/wait.h>

#include "support.h"

namespace {

volatile pid_t child = 0;

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    support::usage("peak FILE COMMAND [ARG...]");
  }
  child = ::fork();
  if (child < 0) {
    support::fail("fork");
  }
  if (child == 0) {
    ::execvp(argv[2], argv + 2);
    std::perror(argv[2]);
    ::_exit(127);
  }
  ::signal(SIGTERM, [](int signum) { ::kill(child, signum); });
  int status = 0;
  rusage used{};
  while (::wait4(child, &status, 0, &used) < 0) {
    if (errno != EINTR) {
      support::fail("wait4");
    }
  }
  FILE* file = std::fopen(argv[1], "w");
  if (file == nullptr) {
    support::fail("fopen");
  }
  std::fprintf(file, "%ld\n", used.ru_maxrss);
  std::fclose(file);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
