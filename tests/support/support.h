#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>
#include <string_view>

/// What the test programs of this folder share. They are plain POSIX and use nothing of tcpkit, so
/// that a flaw there cannot hide itself.
namespace support {

/// Ends the process by SIGALRM after SUPPORT_LIMIT seconds (20), whatever it is waiting for.
inline void limit_lifetime() {
  const char* text = std::getenv("SUPPORT_LIMIT");
  ::signal(SIGALRM, SIG_DFL);
  ::signal(SIGPIPE, SIG_IGN);
  ::alarm(text == nullptr ? 20 : static_cast<unsigned>(std::strtoul(text, nullptr, 10)));
}

/// One line about a failed call, exit 1.
[[noreturn]] inline void fail(const char* call, int err = errno) {
  const char* name = ::strerrorname_np(err);
  std::printf("error %s %s\n", call, name == nullptr ? "?" : name);
  std::exit(1);
}

/// Bad arguments, exit 2.
[[noreturn]] inline void usage(const char* text) {
  std::fprintf(stderr, "usage: %s\n", text);
  std::exit(2);
}

/// "4096", "64k", "16M" or "1G".
inline std::size_t size(const char* text) {
  char* end = nullptr;
  const std::size_t n = std::strtoull(text, &end, 10);
  const std::string_view unit = end;
  const int shift = unit.empty() ? 0 : unit == "k" ? 10 : unit == "M" ? 20 : unit == "G" ? 30 : -1;
  if (end == text || shift < 0) {
    usage("a number with an optional k, M or G");
  }
  return n << shift;
}

struct Address {
  sockaddr_storage storage{};
  socklen_t length = sizeof(sockaddr_storage);

  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

/// A numeric address of either family.
inline Address address(const char* host, std::uint16_t port) {
  Address to;
  auto* v4 = reinterpret_cast<sockaddr_in*>(&to.storage);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&to.storage);
  if (::inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(port);
    to.length = sizeof(sockaddr_in);
  } else if (::inet_pton(AF_INET6, host, &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port);
    to.length = sizeof(sockaddr_in6);
  } else {
    usage("a numeric address");
  }
  return to;
}

inline int dial(const char* host, const char* port) {
  Address to = address(host, static_cast<std::uint16_t>(size(port)));
  const int fd = ::socket(to.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || ::connect(fd, to.get(), to.length) != 0) {
    fail("connect");
  }
  return fd;
}

inline Address local_address(int fd) {
  Address at;
  if (::getsockname(fd, at.get(), &at.length) != 0) {
    fail("getsockname");
  }
  return at;
}

inline int port_of(int fd) {
  const Address at = local_address(fd);
  return ntohs(at.storage.ss_family == AF_INET6
                   ? reinterpret_cast<const sockaddr_in6*>(&at.storage)->sin6_port
                   : reinterpret_cast<const sockaddr_in*>(&at.storage)->sin_port);
}

/// A socket listening on a free port of the loopback address of either family.
inline int listen_on(bool v6, int backlog) {
  Address at = address(v6 ? "::1" : "127.0.0.1", 0);
  const int fd = ::socket(at.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || ::bind(fd, at.get(), at.length) != 0 || ::listen(fd, backlog) != 0) {
    fail("listen");
  }
  return fd;
}

/// Prints the port: from now on whoever reads it may connect.
inline void announce(int port) {
  std::printf("%d\n", port);
  std::fflush(stdout);
}

/// Until the end of stdin where that is a pipe (a test holds the other end), else until killed.
inline void hold() {
  struct stat st {};
  char byte = 0;
  if (::fstat(STDIN_FILENO, &st) == 0 && S_ISFIFO(st.st_mode)) {
    while (::read(STDIN_FILENO, &byte, 1) > 0) {
    }
    return;
  }
  while (true) {
    ::pause();
  }
}

inline void sleep_ms(long ms) {
  timespec rest{ms / 1000, ms % 1000 * 1000000};
  while (::nanosleep(&rest, &rest) != 0 && errno == EINTR) {
  }
}

/// Decodes \n \r \t \e \0 \\ and \xHH; any other backslash stands for itself.
inline std::string unescape(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::string_view names = "nrte0\\";
    const std::size_t at =
        text[i] == '\\' && i + 1 < text.size() ? names.find(text[i + 1]) : names.npos;
    if (at != names.npos) {
      out += std::string_view("\n\r\t\x1b\0\\", names.size())[at];
      ++i;
    } else if (text.substr(i, 2) == "\\x" && i + 3 < text.size()) {
      out +=
          static_cast<char>(std::strtoul(std::string(text.substr(i + 2, 2)).c_str(), nullptr, 16));
      i += 3;
    } else {
      out += text[i];
    }
  }
  return out;
}

/// What a peer sent, so that nothing in it acts on a terminal or makes a second line.
inline std::string escape(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    char one[8];
    const bool plain = c >= ' ' && c <= '~' && c != '\\';
    std::snprintf(one, sizeof one, plain ? "%c" : "\\x%02x", static_cast<unsigned char>(c));
    out += one;
  }
  return out;
}

}  // namespace support
