// slowpipe N MS: copies stdin to stdout, at most N bytes every MS milliseconds.
#include <vector>

#include "support.h"

int main(int argc, char** argv) {
  support::limit_lifetime();
  if (argc != 3) {
    support::usage("slowpipe N MS");
  }
  std::vector<char> buffer(support::size(argv[1]));
  const auto pause_ms = static_cast<long>(support::size(argv[2]));
  while (true) {
    const ssize_t n = ::read(STDIN_FILENO, buffer.data(), buffer.size());
    if (n <= 0) {
      return n == 0 ? 0 : 1;
    }
    for (ssize_t done = 0; done < n;) {
      const ssize_t written =
          ::write(STDOUT_FILENO, buffer.data() + done, static_cast<std::size_t>(n - done));
      if (written < 0) {
        return 1;
      }
      done += written;
    }
    support::sleep_ms(pause_ms);
  }
}
