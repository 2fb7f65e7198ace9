#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/ip_number.h"

namespace tcpkit::tcp {

/// What the frames of a capture begin with. `cooked` and `cooked2`: what Linux gives in place of
/// the many link layers of the interface `any` (LINKTYPE_LINUX_SLL and _SLL2 of libpcap).
enum class Link { ethernet, cooked, cooked2, raw, null };

/// One end of a segment. An IPv4-mapped IPv6 address equals the IPv4 address.
struct SegmentEnd {
  IpNumber ip;
  std::uint16_t port = 0;

  friend bool operator==(const SegmentEnd& a, const SegmentEnd& b) {
    return a.port == b.port && a.ip.bits == b.ip.bits;
  }
  friend bool operator<(const SegmentEnd& a, const SegmentEnd& b) {
    if (!(a.ip.bits == b.ip.bits)) return a.ip.bits < b.ip.bits;
    return a.port < b.port;
  }
  /// "127.0.0.1:80", "[::1]:80".
  [[nodiscard]] std::string to_string() const;
};

/// A TCP segment as it was captured; the numbers are those of the header.
struct Segment {
  /// Bits of `flags`, RFC 9293, 3.1.
  enum Flag : std::uint8_t {
    fin = 0x01,
    syn = 0x02,
    rst = 0x04,
    psh = 0x08,
    ack_flag = 0x10,
    urg = 0x20,
    ece = 0x40,
    cwr = 0x80,
  };

  SegmentEnd from;
  SegmentEnd to;
  std::uint32_t seq = 0;
  std::uint32_t ack = 0;
  std::uint8_t flags = 0;
  std::uint16_t window = 0;  ///< not scaled
  std::uint32_t length = 0;  ///< bytes of data, whether or not they were captured
  std::string options;       ///< the header's option bytes; see for_each_option()

  std::uint16_t ip_id = 0;      ///< IPv4's identification; 0 for IPv6
  std::uint32_t interface = 0;  ///< number of the interface, of cooked2 only; else 0
  std::size_t packet_at = 0;    ///< where the IP header begins in the frame
  std::size_t packet_size = 0;  ///< of the IP packet as it was sent

  [[nodiscard]] bool has(Flag flag) const { return (flags & flag) != 0; }
};

/// Reads the segment in a captured frame, which may have been cut: `frame_size` is how long it was.
/// nullopt for all that is no TCP header: other protocols, later fragments, garbage; and if the
/// frame was cut before the header's options. Of options that were cut the first ones are there.
/// Any bytes are safe. Checksums are not looked at: on their way out the network card fills them
/// in.
std::optional<Segment> parse_segment(Link link, std::string_view frame, std::size_t frame_size);
/// The same; sets `cut` if a TCP header was there and was cut.
std::optional<Segment> parse_segment(Link link, std::string_view frame, std::size_t frame_size,
                                     bool& cut);

/// visit(kind, data) for each option but padding, as far as the bytes make sense.
template <class V>
void for_each_option(std::string_view options, V&& visit) {
  static constexpr unsigned char end = 0;
  static constexpr unsigned char padding = 1;
  while (!options.empty()) {
    const auto kind = static_cast<unsigned char>(options[0]);
    if (kind == end) return;
    if (kind == padding) {
      options.remove_prefix(1);
      continue;
    }
    if (options.size() < 2) return;
    const auto size = static_cast<unsigned char>(options[1]);
    if (size < 2 || size > options.size()) return;
    visit(kind, options.substr(2, size - 2U));
    options.remove_prefix(size);
  }
}

/// Big-endian; `at` and the three bytes behind it must be there.
std::uint16_t read_u16(std::string_view bytes, std::size_t at);
std::uint32_t read_u32(std::string_view bytes, std::size_t at);

}  // namespace tcpkit::tcp
