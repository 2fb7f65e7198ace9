// A scripted TCP peer on loopback: runs its actions in order on one connection, then closes it.
// Prints its port, then a line per read or failure; what the other end sent is only shown escaped.
#include <linux/filter.h>
#include <linux/sockios.h>
#include <poll.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <vector>

#include "support.h"

namespace {

constexpr const char* help =
    "peer [-6] [--connect IP PORT] ACTION...\n"
    "  send:TEXT   TEXT, with C escapes        sendn:N    N bytes of 0123456789abcdef repeated\n"
    "  read:N      reads exactly N bytes       readeof    reads to the FIN, prints eof BYTES\n"
    "  slow:N      readeof, N bytes each ms    unread:N   waits until N bytes are there, unread\n"
    "  acked       waits until all that was sent is acknowledged\n"
    "  fin         shutdown of our direction   close      close (a RST if bytes are unread)\n"
    "  rst         closes with a RST           rstaccept  the same, before the accept\n"
    "  wait:MS     sleeps                      hold       until stdin, a pipe, ends, or killed\n"
    "  vanish      from now on nothing that comes in is seen or answered; prints vanished";

void send_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n < 0) {
      support::fail("write");
    }
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

void send_pattern(int fd, std::size_t count) {
  std::string block;
  while (block.size() < 65536) {
    block += "0123456789abcdef";
  }
  for (; count > 0; count -= std::min(count, block.size())) {
    send_all(fd, std::string_view(block).substr(0, count));
  }
}

/// Reads `limit` bytes, or to the FIN where that comes first, at most `step` at a time with a pause
/// after each; prints which it was, how many, and the first of them.
void read_until(int fd, std::size_t limit, std::size_t step, long pause_ms) {
  std::vector<char> buffer(step);
  std::size_t total = 0;
  std::string first;
  ssize_t n = 1;
  while (total < limit && n > 0) {
    n = ::recv(fd, buffer.data(), std::min(step, limit - total), 0);
    if (n < 0) {
      std::printf("after %zu bytes: ", total);
      support::fail("read");
    }
    first.append(buffer.data(), std::min(static_cast<std::size_t>(n), 64 - first.size()));
    total += static_cast<std::size_t>(n);
    support::sleep_ms(n > 0 ? pause_ms : 0);
  }
  std::printf("%s %zu %s\n", n > 0 ? "read" : "eof", total, support::escape(first).c_str());
  std::fflush(stdout);
}

/// Waits until the kernel counts at least `low`, at most `high` bytes.
void wait_queue(int fd, unsigned long which, std::size_t low, std::size_t high) {
  int bytes = 0;
  while (::ioctl(fd, which, &bytes) == 0) {
    const auto count = static_cast<std::size_t>(bytes);
    if (count >= low && count <= high) {
      return;
    }
    support::sleep_ms(1);
  }
  support::fail("ioctl");
}

void reset(int fd) {
  const linger now{1, 0};
  if (::setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now) != 0 || ::close(fd) != 0) {
    support::fail("close");
  }
}

/// The kernel drops each segment for this socket before TCP sees it. Some kernels refuse that
/// (EPERM) outside a user namespace of one's own.
void vanish(int fd) {
  sock_filter drop_all[] = {{BPF_RET | BPF_K, 0, 0, 0}};
  const sock_fprog program{1, drop_all};
  if (::setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) != 0) {
    support::fail("setsockopt");
  }
  std::printf("vanished\n");
  std::fflush(stdout);
}

struct Verb {
  std::string_view name;
  void (*act)(int fd, const char* value);
};

using support::size;

constexpr Verb verbs[] = {
    {"send", [](int fd, const char* value) { send_all(fd, support::unescape(value)); }},
    {"sendn", [](int fd, const char* value) { send_pattern(fd, size(value)); }},
    {"read", [](int fd, const char* value) { read_until(fd, size(value), 65536, 0); }},
    {"readeof", [](int fd, const char*) { read_until(fd, SIZE_MAX, 65536, 0); }},
    {"slow", [](int fd, const char* value) { read_until(fd, SIZE_MAX, size(value), 1); }},
    {"unread", [](int fd, const char* value) { wait_queue(fd, FIONREAD, size(value), SIZE_MAX); }},
    {"acked", [](int fd, const char*) { wait_queue(fd, SIOCOUTQ, 0, 0); }},
    {"fin", [](int fd, const char*) { ::shutdown(fd, SHUT_WR); }},
    {"close", [](int fd, const char*) { ::close(fd); }},
    {"rst", [](int fd, const char*) { reset(fd); }},
    {"rstaccept", [](int fd, const char*) { reset(fd); }},
    {"wait", [](int, const char* value) { support::sleep_ms(static_cast<long>(size(value))); }},
    {"hold", [](int, const char*) { support::hold(); }},
    {"vanish", [](int fd, const char*) { vanish(fd); }},
};

void run(int fd, const std::string& action) {
  const std::string name = action.substr(0, action.find(':'));
  const auto* verb = std::find_if(std::begin(verbs), std::end(verbs),
                                  [&](const Verb& v) { return v.name == name; });
  if (verb == std::end(verbs)) {
    support::usage(help);
  }
  verb->act(fd, action.size() > name.size() ? action.c_str() + name.size() + 1 : "");
}

}  // namespace

int main(int argc, char** argv) {
  support::limit_lifetime();
  std::vector<std::string> actions(argv + 1, argv + argc);
  const bool v6 = !actions.empty() && actions[0] == "-6";
  actions.erase(actions.begin(), actions.begin() + (v6 ? 1 : 0));
  int fd = -1;
  if (actions.size() > 2 && actions[0] == "--connect") {
    fd = support::dial(actions[1].c_str(), actions[2].c_str());
    support::announce(support::port_of(fd));
    actions.erase(actions.begin(), actions.begin() + 3);
  } else {
    const int listener = support::listen_on(v6, 8);
    support::announce(support::port_of(listener));
    pollfd ready{listener, POLLIN, 0};
    ::poll(&ready, 1, -1);
    if (!actions.empty() && actions[0] == "rstaccept") {
      return ::close(listener);  // resets the connections nobody accepted
    }
    fd = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    ::close(listener);
  }
  for (const std::string& action : actions) {
    run(fd, action);
  }
  return 0;
}
