#pragma once

#include <cstdint>
#include <optional>

namespace tcpkit::os {

/// What the kernel knew of a TCP connection when it freed its socket.
struct LastWord {
  std::uint64_t cookie;              ///< SocketId's
  std::uint64_t bytes_acknowledged;  ///< SYN and FIN count as a byte
  std::uint64_t bytes_received;      ///< FIN counts as a byte
};

/// Hears of each TCP socket that the kernel frees (the multicast groups of sock_diag(7)): of those
/// without a descriptor, too, and of those that others had. Sees its own network namespace only;
/// needs no privilege. In a burst, words may be lost.
class LastWords {
 public:
  LastWords();
  ~LastWords();
  LastWords(const LastWords&) = delete;
  LastWords& operator=(const LastWords&) = delete;

  /// To be polled; -1 if the kernel does not tell.
  [[nodiscard]] int fd() const { return fd_; }
  /// The next one that has come; nullopt if there is none.
  [[nodiscard]] std::optional<LastWord> next() const;

 private:
  int fd_;
};

}  // namespace tcpkit::os
