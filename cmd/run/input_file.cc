#include "cmd/run/input_file.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

#include "base/escape.h"

namespace tcpkit::cmd {

InputFile::InputFile(const std::string& name)
    : fd_(STDIN_FILENO), shown_(name == "-" ? "stdin" : display(name)) {
  if (name == "-") return;
  fd_ = ::open(name.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd_ < 0) throw std::system_error(errno, std::system_category(), shown_);
}

InputFile::~InputFile() {
  if (fd_ != STDIN_FILENO) ::close(fd_);
}

ssize_t InputFile::read(char* to, std::size_t size) const {
  for (;;) {
    const ssize_t n = ::read(fd_, to, size);
    if (n >= 0) return n;
    if (errno == EAGAIN) {
      pollfd ready{fd_, POLLIN, 0};
      ::poll(&ready, 1, -1);
    } else if (errno != EINTR) {
      return -errno;
    }
  }
}

std::string InputFile::begin(std::size_t least, ssize_t& err) const {
  std::string bytes;
  std::array<char, 65536> block{};
  err = 0;
  while (bytes.size() < least) {
    const ssize_t n = read(block.data(), block.size());
    if (n < 0) err = n;
    if (n <= 0) break;
    bytes.append(block.data(), static_cast<std::size_t>(n));
  }
  return bytes;
}

}  // namespace tcpkit::cmd
