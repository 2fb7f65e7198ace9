#include "cmd/run/port_file.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include "cmd/options/trace.h"
#include "trace/writer.h"

namespace tcpkit::cmd {
namespace {

int open_and_write(const std::string& path, int flags, const std::string& content) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY | flags, 0666);
  if (fd < 0) return errno;
  const int err = trace::write_all(fd, content);
  return ::close(fd) != 0 && err == 0 ? errno : err;
}

}  // namespace

int write_port_file(const std::string& path, const std::string& content) {
  // A file behind these would be replaced under the feet of who opened it.
  const std::string standard = trace_place(path);
  if (standard == "fd:1") return trace::write_all(STDOUT_FILENO, content);
  if (standard == "fd:2") return trace::write_all(STDERR_FILENO, content);

  std::error_code absent;
  const std::string target = std::filesystem::canonical(path, absent);
  const std::string& place = absent ? path : target;
  struct stat status {};
  if (::stat(place.c_str(), &status) == 0 && !S_ISREG(status.st_mode)) {
    return open_and_write(place, O_NONBLOCK, content);  // never waits for a FIFO's reader
  }
  const std::string beside = fmt::format("{}.{}.tmp", place, ::getpid());
  int err = open_and_write(beside, O_CREAT | O_EXCL, content);
  if (err == EEXIST) return err;
  if (err == 0 && ::rename(beside.c_str(), place.c_str()) != 0) err = errno;
  if (err != 0) ::unlink(beside.c_str());
  return err;
}

}  // namespace tcpkit::cmd
