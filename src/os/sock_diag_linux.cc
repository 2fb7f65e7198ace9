#include "os/sock_diag.h"

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "os/kernel_state.h"

namespace tcpkit::os {
namespace {

/// Address and port in network order, as inet_diag_sockid has them.
void put(const Address& from, __be32* address, __be16& port) {
  if (from.family() == 4) {
    sockaddr_in in{};
    std::memcpy(&in, from.get(), sizeof in);
    std::memcpy(address, &in.sin_addr, sizeof in.sin_addr);
    port = in.sin_port;
  } else {
    sockaddr_in6 in{};
    std::memcpy(&in, from.get(), sizeof in);
    std::memcpy(address, &in.sin6_addr, sizeof in.sin6_addr);
    port = in.sin6_port;
  }
}

constexpr unsigned cookie_half = 32;

std::uint64_t cookie_of(const inet_diag_sockid& id) {
  return static_cast<std::uint64_t>(id.idiag_cookie[1]) << cookie_half | id.idiag_cookie[0];
}

/// The kernel's entry for a connection in TIME_WAIT, or for an orphan in FIN_WAIT2, is no socket:
/// it has a cookie of its own, and this timer (inet_twsk_diag_fill() in inet_diag.c).
constexpr int timer_of_time_wait = 3;

}  // namespace

SocketId identify(int fd, const Address& local, const Address& remote) {
  SocketId id{local, remote};
  int interface = 0;
  socklen_t size = sizeof interface;
  if (::getsockopt(fd, SOL_SOCKET, SO_BINDTOIFINDEX, &interface, &size) == 0)
    id.interface = static_cast<unsigned>(interface);
  size = sizeof id.cookie;
  if (::getsockopt(fd, SOL_SOCKET, SO_COOKIE, &id.cookie, &size) != 0) id.cookie = 0;
  return id;
}

SockDiag::SockDiag() : fd_(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG)) {}

SockDiag::~SockDiag() {
  if (fd_ >= 0) ::close(fd_);
}

std::optional<tcp::State> SockDiag::state(const SocketId& id) const {
  const auto& [local, remote, interface, cookie] = id;
  if (fd_ < 0 || local.family() == 0 || local.family() != remote.family()) return {};
  struct {
    nlmsghdr head;
    inet_diag_req_v2 body;
  } request{};
  request.head.nlmsg_len = sizeof request;
  request.head.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  request.head.nlmsg_flags = NLM_F_REQUEST;
  request.body.sdiag_family = local.family() == 4 ? AF_INET : AF_INET6;
  request.body.sdiag_protocol = IPPROTO_TCP;
  request.body.idiag_states = ~0U;
  put(local, request.body.id.idiag_src, request.body.id.idiag_sport);
  put(remote, request.body.id.idiag_dst, request.body.id.idiag_dport);
  request.body.id.idiag_if = interface;
  request.body.id.idiag_cookie[0] = INET_DIAG_NOCOOKIE;
  request.body.id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
  if (::send(fd_, &request, sizeof request, 0) < 0) return {};

  // The answer is there when send() returns: one connection, or an error.
  alignas(nlmsghdr) std::array<char, 4096> answer{};
  const ssize_t n = ::recv(fd_, answer.data(), answer.size(), MSG_DONTWAIT);
  if (n < static_cast<ssize_t>(sizeof(nlmsghdr))) return {};
  nlmsghdr head{};
  std::memcpy(&head, answer.data(), sizeof head);
  if (head.nlmsg_type == NLMSG_ERROR) {
    nlmsgerr error{};
    std::memcpy(&error, answer.data() + NLMSG_HDRLEN, sizeof error);
    return error.error == -ENOENT ? std::optional(tcp::State::closed) : std::nullopt;
  }
  inet_diag_msg found{};
  if (static_cast<std::size_t>(n) < NLMSG_HDRLEN + sizeof found) return {};
  std::memcpy(&found, answer.data() + NLMSG_HDRLEN, sizeof found);
  // If there is no such connection, the kernel goes on to look for a listener; and another
  // connection may have the ports by now.
  const tcp::State state = state_of(found.idiag_state);
  const bool ours =
      cookie == 0 || found.idiag_timer == timer_of_time_wait || cookie_of(found.id) == cookie;
  return state == tcp::State::listen || !ours ? tcp::State::closed : state;
}

}  // namespace tcpkit::os
