#include "tcp/segment.h"

#include <fmt/core.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>

namespace tcpkit::tcp {
namespace {

constexpr std::size_t ipv6_header = 40;
constexpr std::size_t least_header = 20;  // of IPv4 and of TCP
constexpr std::size_t word = 4;

std::uint8_t read_u8(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint8_t>(bytes[at]);
}

/// Where the IP header begins in a frame.
struct Start {
  std::size_t at;
  std::uint32_t interface;
};

constexpr std::uint16_t ether_ipv4 = 0x0800;
constexpr std::uint16_t ether_ipv6 = 0x86dd;

bool is_ip_type(std::uint16_t type) {
  return type == ether_ipv4 || type == ether_ipv6;
}

/// Where the IP header begins: at `at`, if `type` (an EtherType) says so, or behind VLAN tags
/// (802.1Q).
std::optional<std::size_t> skip_tags(std::string_view frame, std::size_t at, std::uint16_t type) {
  static constexpr int most_tags = 4;
  for (int tags = 0; tags <= most_tags; ++tags) {
    if (is_ip_type(type)) return at;
    if (type != 0x8100 && type != 0x88a8 && type != 0x9100) return {};
    if (frame.size() < at + 4) return {};
    type = read_u16(frame, at + 2);
    at += 4;
  }
  return {};
}

std::optional<Start> skip_link(Link link, std::string_view frame) {
  static constexpr std::size_t ethernet_header = 14;
  static constexpr std::size_t cooked_header = 16;
  static constexpr std::size_t cooked2_header = 20;
  const auto behind = [&](std::size_t header, std::size_t type_at) -> std::optional<Start> {
    if (frame.size() < header) return {};
    const auto at = skip_tags(frame, header, read_u16(frame, type_at));
    if (!at) return {};
    return Start{*at, link == Link::cooked2 ? read_u32(frame, 4) : 0};
  };
  switch (link) {
    case Link::ethernet:
      return behind(ethernet_header, ethernet_header - 2);
    case Link::cooked:
      return behind(cooked_header, cooked_header - 2);
    case Link::cooked2:
      return behind(cooked2_header, 0);
    case Link::raw:
      return Start{0, 0};
    case Link::null:
      return Start{4, 0};  // a family, in the byte order of whoever captured
  }
  return {};
}

/// What the IP header says of the TCP header behind it.
struct Packet {
  IpNumber from;
  IpNumber to;
  std::size_t header;  ///< bytes before the TCP header
  std::size_t size;    ///< bytes in all
  std::uint16_t id;
};

/// `size`: of all that was sent behind the link layer; may end in padding.
std::optional<Packet> read_ipv4(std::string_view packet, std::size_t size) {
  static constexpr std::uint16_t fragment_offset = 0x1fff;
  if (packet.size() < least_header) return {};
  const std::size_t header = (read_u8(packet, 0) & 0x0fU) * word;
  std::size_t total = read_u16(packet, 2);
  if (total == 0) total = size;  // more than the field holds: segmentation is left to the card
  if (header < least_header || total < header) return {};
  if ((read_u16(packet, 6) & fragment_offset) != 0 || read_u8(packet, 9) != IPPROTO_TCP) return {};
  return Packet{IpNumber::from_ipv4(read_u32(packet, 12)),
                IpNumber::from_ipv4(read_u32(packet, 16)), header, total, read_u16(packet, 4)};
}

/// The bytes of an extension header at `at`, RFC 8200 and 4302; nullopt where it is none that TCP
/// may stand behind.
std::optional<std::size_t> extension_size(std::string_view packet, std::uint8_t kind,
                                          std::size_t at) {
  static constexpr std::size_t eight = 8;
  if (packet.size() < at + eight) return {};
  switch (kind) {
    case IPPROTO_HOPOPTS:
    case IPPROTO_ROUTING:
    case IPPROTO_DSTOPTS:
      return (read_u8(packet, at + 1) + std::size_t{1}) * eight;
    case IPPROTO_FRAGMENT:
      if ((read_u16(packet, at + 2) & 0xfff8U) != 0) return {};  // not the first one
      return eight;
    case IPPROTO_AH:
      return (read_u8(packet, at + 1) + std::size_t{2}) * word;
    default:
      return {};
  }
}

std::optional<Packet> read_ipv6(std::string_view packet, std::size_t size) {
  static constexpr int most_headers = 16;
  if (packet.size() < ipv6_header) return {};
  const std::size_t payload = read_u16(packet, 4);
  const std::size_t total = payload == 0 ? size : ipv6_header + payload;  // 0: a jumbogram
  const auto address = [&](std::size_t at) {
    in6_addr a{};
    std::memcpy(&a, packet.data() + at, sizeof a);
    return IpNumber::from_ipv6(a);
  };
  std::uint8_t kind = read_u8(packet, 6);
  std::size_t at = ipv6_header;
  for (int i = 0; kind != IPPROTO_TCP; ++i) {
    const auto extension = extension_size(packet, kind, at);
    if (!extension || i == most_headers) return {};
    kind = read_u8(packet, at);
    at += *extension;
  }
  return Packet{address(8), address(24), at, total, 0};
}

}  // namespace

std::uint16_t read_u16(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint16_t>(read_u8(bytes, at) << 8U | read_u8(bytes, at + 1));
}

std::uint32_t read_u32(std::string_view bytes, std::size_t at) {
  return std::uint32_t{read_u16(bytes, at)} << 16U | read_u16(bytes, at + 2);
}

std::string SegmentEnd::to_string() const {
  std::string text;
  append_ip_number(text, ip);
  return ip.family == 6 ? fmt::format("[{}]:{}", text, port) : fmt::format("{}:{}", text, port);
}

std::optional<Segment> parse_segment(Link link, std::string_view frame, std::size_t frame_size) {
  bool cut = false;
  return parse_segment(link, frame, frame_size, cut);
}

std::optional<Segment> parse_segment(Link link, std::string_view frame, std::size_t frame_size,
                                     bool& cut) {
  const auto start = skip_link(link, frame);
  if (!start || frame.size() <= start->at) return {};
  const std::size_t size = std::max(frame_size, frame.size()) - start->at;
  std::string_view packet = frame.substr(start->at);
  const unsigned version = read_u8(packet, 0) >> 4U;
  const auto ip = version == 4   ? read_ipv4(packet, size)
                  : version == 6 ? read_ipv6(packet, size)
                                 : std::nullopt;
  if (!ip) return {};
  packet = packet.substr(0, ip->size);  // behind that there is padding
  if (ip->size < ip->header + least_header) return {};
  if (packet.size() < ip->header + least_header) {
    cut = true;
    return {};
  }
  const std::string_view tcp = packet.substr(ip->header);
  const std::size_t header = (read_u8(tcp, 12) >> 4U) * word;
  if (header < least_header || ip->size < ip->header + header) return {};
  cut = tcp.size() < header;

  Segment segment;
  segment.from = {ip->from, read_u16(tcp, 0)};
  segment.to = {ip->to, read_u16(tcp, 2)};
  segment.seq = read_u32(tcp, 4);
  segment.ack = read_u32(tcp, 8);
  segment.flags = read_u8(tcp, 13);
  segment.window = read_u16(tcp, 14);
  segment.length = static_cast<std::uint32_t>(ip->size - ip->header - header);
  segment.options = tcp.substr(least_header, header - least_header);
  segment.ip_id = ip->id;
  segment.interface = start->interface;
  segment.packet_at = start->at;
  segment.packet_size = ip->size;
  return segment;
}

}  // namespace tcpkit::tcp
