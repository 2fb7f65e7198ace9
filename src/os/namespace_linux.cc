#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "os/namespace.h"

namespace tcpkit::os {
namespace {

enum class Way { as_we_are, as_own_user };

/// The steps, as the child reports them.
constexpr std::string_view steps[] = {"unshare", "uid_map", "loopback", "fork"};
enum Step { unsharing, mapping, loopback, forking };

struct Outcome {
  int step;
  int err;  ///< 0: done
};

int write_file(const char* path, const std::string& text) {
  const int fd = ::open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return errno;
  const ssize_t n = ::write(fd, text.data(), text.size());
  const int err = n < 0 ? errno : 0;
  ::close(fd);
  return err;
}

Outcome enter(Way way) {
  const bool own_user = way == Way::as_own_user;
  const std::string uid = std::to_string(::geteuid());
  const std::string gid = std::to_string(::getegid());
  if (::unshare(own_user ? CLONE_NEWUSER | CLONE_NEWNET : CLONE_NEWNET) != 0) {
    return {unsharing, errno};
  }
  if (own_user) {
    // Without this nobody but root may map a group.
    int err = write_file("/proc/self/setgroups", "deny");
    if (err == 0) err = write_file("/proc/self/uid_map", uid + " " + uid + " 1");
    if (err == 0) err = write_file("/proc/self/gid_map", gid + " " + gid + " 1");
    if (err != 0) return {mapping, err};
  }
  return {loopback, set_loopback(true)};
}

/// What would come of it. A step that fails late cannot be taken back.
Outcome rehearse(Way way) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return {forking, errno};
  const pid_t child = ::fork();
  if (child == 0) {
    const Outcome outcome = enter(way);
    const ssize_t n = ::write(ends[1], &outcome, sizeof outcome);
    ::_exit(n == sizeof outcome ? 0 : 1);
  }
  Outcome outcome{forking, child < 0 ? errno : EIO};
  ::close(ends[1]);
  if (child > 0) {
    Outcome told{};
    if (::read(ends[0], &told, sizeof told) == sizeof told) outcome = told;
    while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
  ::close(ends[0]);
  return outcome;
}

}  // namespace

std::optional<NetworkRefusal> enter_own_network() {
  Outcome outcome{};
  for (const Way way : {Way::as_we_are, Way::as_own_user}) {
    outcome = rehearse(way);
    if (outcome.err == 0) outcome = enter(way);
    if (outcome.err == 0) return {};
  }
  return NetworkRefusal{steps[outcome.step], outcome.err};
}

int set_loopback(bool up) {
  const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return errno;
  ifreq request{};
  std::strcpy(request.ifr_name, "lo");
  int err = ::ioctl(fd, SIOCGIFFLAGS, &request) == 0 ? 0 : errno;
  if (err == 0) {
    const int flags = up ? request.ifr_flags | IFF_UP : request.ifr_flags & ~IFF_UP;
    request.ifr_flags = static_cast<short>(flags);
    err = ::ioctl(fd, SIOCSIFFLAGS, &request) == 0 ? 0 : errno;
  }
  ::close(fd);
  return err;
}

}  // namespace tcpkit::os
