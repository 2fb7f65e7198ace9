#include "os/last_words.h"

// <linux/tcp.h> and <netinet/tcp.h> do not compile together.
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace tcpkit::os {
namespace {

/// nullopt for what is no word about TCP.
std::optional<LastWord> parse(const char* bytes, std::size_t size) {
  inet_diag_msg message{};
  if (size < NLMSG_HDRLEN + sizeof message) return {};
  std::memcpy(&message, bytes + NLMSG_HDRLEN, sizeof message);
  static constexpr unsigned half = 32;
  const auto* const cookie = message.id.idiag_cookie;
  LastWord word{static_cast<std::uint64_t>(cookie[1]) << half | cookie[0], 0, 0};
  bool tcp = false;
  bool counted = false;
  for (std::size_t at = NLMSG_HDRLEN + NLMSG_ALIGN(sizeof message); at + sizeof(rtattr) <= size;) {
    rtattr attribute{};
    std::memcpy(&attribute, bytes + at, sizeof attribute);
    if (attribute.rta_len < sizeof attribute || at + attribute.rta_len > size) break;
    const char* data = bytes + at + RTA_LENGTH(0);
    const std::size_t length = attribute.rta_len - RTA_LENGTH(0);
    if (attribute.rta_type == INET_DIAG_PROTOCOL && length > 0) tcp = *data == IPPROTO_TCP;
    if (attribute.rta_type == INET_DIAG_INFO) {
      tcp_info info{};
      std::memcpy(&info, data, std::min(length, sizeof info));
      word.bytes_acknowledged = info.tcpi_bytes_acked;
      word.bytes_received = info.tcpi_bytes_received;
      counted = true;
    }
    at += RTA_ALIGN(attribute.rta_len);
  }
  return tcp && counted ? std::optional(word) : std::nullopt;
}

}  // namespace

LastWords::LastWords()
    : fd_(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_SOCK_DIAG)) {
  if (fd_ < 0) return;
  sockaddr_nl any{};
  any.nl_family = AF_NETLINK;
  const auto join = [this](int group) {
    return ::setsockopt(fd_, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof group) == 0;
  };
  static constexpr int room = 4 << 20;  // as far as the system lets us
  ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
  if (::bind(fd_, reinterpret_cast<const sockaddr*>(&any), sizeof any) == 0 &&
      join(SKNLGRP_INET_TCP_DESTROY) && join(SKNLGRP_INET6_TCP_DESTROY)) {
    return;
  }
  ::close(std::exchange(fd_, -1));
}

LastWords::~LastWords() {
  if (fd_ >= 0) ::close(fd_);
}

std::optional<LastWord> LastWords::next() const {
  while (fd_ >= 0) {
    alignas(nlmsghdr) std::array<char, 4096> message{};
    const ssize_t n = ::recv(fd_, message.data(), message.size(), 0);
    if (n < 0 && errno != ENOBUFS && errno != EINTR) return {};
    if (n <= 0) continue;  // some were lost
    if (const auto word = parse(message.data(), static_cast<std::size_t>(n))) return word;
  }
  return {};
}

}  // namespace tcpkit::os
