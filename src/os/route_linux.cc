#include "os/route.h"

#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace tcpkit::os {
namespace {

/// An address as rtnetlink has it: 4 or 16 bytes in network order.
struct Bytes {
  std::array<unsigned char, 16> data{};
  unsigned size = 0;
};

Bytes bytes_of(const Address& address) {
  Bytes bytes;
  if (address.family() == 4) {
    sockaddr_in in{};
    std::memcpy(&in, address.get(), sizeof in);
    bytes.size = sizeof in.sin_addr;
    std::memcpy(bytes.data.data(), &in.sin_addr, bytes.size);
  } else {
    sockaddr_in6 in{};
    std::memcpy(&in, address.get(), sizeof in);
    bytes.size = sizeof in.sin6_addr;
    std::memcpy(bytes.data.data(), &in.sin6_addr, bytes.size);
  }
  return bytes;
}

/// One question of rtnetlink and its answer: `Body`, then attributes.
template <class Body>
class Question {
 public:
  Question(unsigned short type, const Body& body) {
    auto* head = reinterpret_cast<nlmsghdr*>(buffer_.data());
    head->nlmsg_type = type;
    head->nlmsg_flags = NLM_F_REQUEST;
    head->nlmsg_len = NLMSG_LENGTH(sizeof body);
    std::memcpy(buffer_.data() + NLMSG_HDRLEN, &body, sizeof body);
  }

  void add(unsigned short type, const void* value, unsigned size) {
    auto* head = reinterpret_cast<nlmsghdr*>(buffer_.data());
    auto* attribute = reinterpret_cast<rtattr*>(buffer_.data() + NLMSG_ALIGN(head->nlmsg_len));
    attribute->rta_type = type;
    attribute->rta_len = static_cast<unsigned short>(RTA_LENGTH(size));
    std::memcpy(RTA_DATA(attribute), value, size);
    head->nlmsg_len = NLMSG_ALIGN(head->nlmsg_len) + RTA_ALIGN(attribute->rta_len);
  }

  /// 0, or the kernel's errno; -1 if it cannot be asked.
  int ask() {
    const int fd = ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (fd < 0) return -1;
    ssize_t n = ::send(fd, buffer_.data(), head().nlmsg_len, 0);
    // The answer is there when send() returns.
    if (n >= 0) n = ::recv(fd, buffer_.data(), buffer_.size(), MSG_DONTWAIT);
    ::close(fd);
    if (n < static_cast<ssize_t>(NLMSG_HDRLEN)) return -1;
    if (head().nlmsg_type == NLMSG_ERROR) {
      nlmsgerr error{};
      std::memcpy(&error, buffer_.data() + NLMSG_HDRLEN, sizeof error);
      return -error.error;
    }
    return n < static_cast<ssize_t>(NLMSG_LENGTH(sizeof(Body))) ? -1 : 0;
  }

  [[nodiscard]] Body body() const {
    Body body{};
    std::memcpy(&body, buffer_.data() + NLMSG_HDRLEN, sizeof body);
    return body;
  }

  /// Copies the attribute; false if there is none of that size.
  bool get(unsigned short type, void* value, unsigned size) const {
    std::size_t at = NLMSG_HDRLEN + NLMSG_ALIGN(sizeof(Body));
    while (at + sizeof(rtattr) <= head().nlmsg_len) {
      rtattr attribute{};
      std::memcpy(&attribute, buffer_.data() + at, sizeof attribute);
      if (attribute.rta_len < sizeof attribute) return false;
      if (attribute.rta_type == type && RTA_PAYLOAD(&attribute) == size) {
        std::memcpy(value, buffer_.data() + at + RTA_LENGTH(0), size);
        return true;
      }
      at += RTA_ALIGN(attribute.rta_len);
    }
    return false;
  }

 private:
  [[nodiscard]] nlmsghdr head() const {
    nlmsghdr head{};
    std::memcpy(&head, buffer_.data(), sizeof head);
    return head;
  }

  alignas(nlmsghdr) std::array<char, 4096> buffer_{};
};

/// No entry says nothing: a firewall may have been first.
bool is_silent(unsigned char family, int interface, const Bytes& address) {
  ndmsg body{};
  body.ndm_family = family;
  body.ndm_ifindex = interface;
  Question<ndmsg> question(RTM_GETNEIGH, body);
  question.add(NDA_DST, address.data.data(), address.size);
  return question.ask() == 0 && (question.body().ndm_state & (NUD_FAILED | NUD_INCOMPLETE)) != 0;
}

}  // namespace

std::optional<Route> route_to(const Address& remote, const std::string& interface) {
  using Kind = Route::Kind;
  if (remote.family() == 0) return {};
  const Bytes address = bytes_of(remote);
  rtmsg body{};
  body.rtm_family = static_cast<unsigned char>(remote.get()->sa_family);
  body.rtm_dst_len = static_cast<unsigned char>(address.size * 8);
  Question<rtmsg> question(RTM_GETROUTE, body);
  question.add(RTA_DST, address.data.data(), address.size);
  unsigned out = interface.empty() ? 0 : ::if_nametoindex(interface.c_str());
  if (out == 0 && remote.family() == 6) {
    sockaddr_in6 in{};
    std::memcpy(&in, remote.get(), sizeof in);
    out = in.sin6_scope_id;
  }
  if (out != 0) question.add(RTA_OIF, &out, sizeof out);
  const int err = question.ask();
  if (err < 0) return {};
  const unsigned char type = question.body().rtm_type;
  if (err != 0 || (type != RTN_UNICAST && type != RTN_LOCAL && type != RTN_BROADCAST &&
                   type != RTN_ANYCAST && type != RTN_MULTICAST)) {
    return Route{Kind::none, false};
  }
  if (type == RTN_LOCAL || type == RTN_ANYCAST) return Route{Kind::here, false};
  if (type == RTN_BROADCAST || type == RTN_MULTICAST) return Route{Kind::group, false};
  int index = 0;
  question.get(RTA_OIF, &index, sizeof index);
  Bytes router = address;
  // Of another family (RTA_VIA) it is not followed further.
  if (question.get(RTA_GATEWAY, router.data.data(), router.size))
    return Route{Kind::router, is_silent(body.rtm_family, index, router)};
  return Route{Kind::link, is_silent(body.rtm_family, index, address)};
}

bool has_source_for(const Address& remote) {
  // connect(2) of a datagram socket looks for a route and a source address, and sends nothing.
  const int fd = ::socket(remote.get()->sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  const bool has = ::connect(fd, remote.get(), remote.size()) == 0 || errno != EADDRNOTAVAIL;
  ::close(fd);
  return has;
}

}  // namespace tcpkit::os
