// spawn RUNS COMMAND [ARG...]: starts the command RUNS times, one after another, with its standard
// streams on /dev/null, and prints the median time from start to exit in microseconds.
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <vector>

int main(int argc, char** argv) {
  if (argc < 3 || std::atoi(argv[1]) < 1) {
    std::fputs("usage: spawn RUNS COMMAND [ARG...]\n", stderr);
    return 2;
  }
  posix_spawn_file_actions_t streams{};
  ::posix_spawn_file_actions_init(&streams);
  for (int fd = 0; fd < 3; ++fd) {
    ::posix_spawn_file_actions_addopen(&streams, fd, "/dev/null", O_RDWR, 0);
  }
  std::vector<double> times(static_cast<std::size_t>(std::atoi(argv[1])));
  for (double& time : times) {
    const auto start = std::chrono::steady_clock::now();
    pid_t child = 0;
    int status = 0;
    if (::posix_spawnp(&child, argv[2], &streams, nullptr, argv + 2, environ) != 0 ||
        ::waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status) > 1) {
      std::fprintf(stderr, "spawn: %s failed\n", argv[2]);
      return 1;
    }
    time =
        std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count();
  }
  ::posix_spawn_file_actions_destroy(&streams);
  const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
  std::nth_element(times.begin(), middle, times.end());
  std::printf("%.0f\n", *middle);
  return 0;
}
