#include "cmd/run/inherited.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "cmd/cli/declare.h"
#include "cmd/cli/usage_error.h"

namespace tcpkit::cmd {
namespace {

int option_of(int fd, int name) {
  int value = -1;
  socklen_t size = sizeof value;
  return ::getsockopt(fd, SOL_SOCKET, name, &value, &size) == 0 ? value : -1;
}

[[noreturn]] void refuse(int fd, const char* why) {
  const char* variable = std::getenv("LISTEN_FDS");
  throw UsageError(fmt::format("{}: descriptor {} is not {}",
                               variable == nullptr ? "--fd" : "--fd or LISTEN_FDS", fd, why));
}

void check(int fd, bool listening, const char* wanted) {
  const bool right =
      option_of(fd, SO_TYPE) == SOCK_STREAM && option_of(fd, SO_ACCEPTCONN) == (listening ? 1 : 0);
  if (!right) refuse(fd, wanted);
}

}  // namespace

void check_is_no_standard_one(std::optional<int> given) {
  if (!given || *given > STDERR_FILENO) return;
  throw UsageError("--fd: 0 to 2 are stdin, stdout and stderr; write 3 or more");
}

void declare_fd(OptionSet& set, const char* group, std::optional<int>& fd, const char* text) {
  Group(set, group).integer("--fd", fd, 0, 1 << 20, text);
}

std::optional<int> inherited_descriptor(std::optional<int> given) {
  if (given) return given;
  static constexpr int first = 3;
  const char* pid = std::getenv("LISTEN_PID");
  const char* count = std::getenv("LISTEN_FDS");
  if (pid == nullptr || count == nullptr || pid != std::to_string(::getpid())) return {};
  if (std::atoi(count) < 1) return {};
  return first;
}

void check_listening(int fd) {
  check(fd, true, "a listening stream socket");
}

void check_connected(int fd) {
  check(fd, false, "a connected stream socket");
  sockaddr_storage peer{};
  socklen_t size = sizeof peer;
  if (::getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) != 0) {
    refuse(fd, "connected");
  }
}

bool is_unix_socket(int fd) {
  return option_of(fd, SO_DOMAIN) == AF_UNIX;
}

}  // namespace tcpkit::cmd
