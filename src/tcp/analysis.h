#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "record/record.h"
#include "tcp/seen_numbers.h"
#include "tcp/segment.h"

namespace tcpkit::tcp {

/// What the captured segments of one connection mean, each in the light of those before it:
/// relative numbers, scaled windows, and labels, by the rules of Wireshark (tcp_analyze_sequence_
/// number() in packet-tcp.c) but for what the manual lists. Pure.
class Analysis {
 public:
  /// The record of the next segment. A SYN sets the first number of its end, also when it has
  /// another one than the SYN before it: then a new connection begins.
  record::wire::Segment add(const Segment& segment);
  /// The same where only the label is wanted.
  std::string_view pass(const Segment& segment);

  /// Nothing more is to be expected: a RST went by, or both FINs and the ACKs of both.
  [[nodiscard]] bool over() const;
  /// The SYN of another connection between the same ends than the one that was seen so far.
  [[nodiscard]] bool begins_another(const Segment& segment) const;
  /// A SYN was seen, of whatever end.
  [[nodiscard]] bool has_syn() const { return directions_[0].syn || directions_[1].syn; }

 private:
  /// What one end has sent so far.
  struct Direction {
    std::optional<std::uint32_t> first;  ///< the number that is shown as 0
    std::optional<std::uint32_t> syn;    ///< that of its SYN, if one was captured
    std::optional<std::uint32_t> next;   ///< the number behind the last byte, SYN or FIN
    std::optional<std::uint32_t> stamp;  ///< its TSval (RFC 7323) when `next` last advanced
    std::optional<SeenNumbers> seen;
    std::optional<std::uint32_t> acked;   ///< its last ACK
    std::optional<std::uint16_t> window;  ///< its last one, not scaled
    bool window_of_syn = false;           ///< that is of its SYN,ACK
    std::optional<unsigned> scale;        ///< of its SYN
    std::optional<std::uint32_t> fin;     ///< the number behind its FIN
    std::optional<std::uint32_t> probe;   ///< the byte it sent to probe a closed window
    bool probing = false;                 ///< its last segment was a keep-alive
  };

  /// The directions of the segment's sender and of the other end; they know the first numbers.
  std::pair<Direction&, Direction&> begin(const Segment& s);
  void end(const Segment& s, std::string_view label, Direction& forth, Direction& back);
  [[nodiscard]] static std::string_view label(const Segment& s, const Direction& forth,
                                              const Direction& back);
  [[nodiscard]] static std::string_view probe(const Segment& s, const Direction& forth,
                                              const Direction& back);
  static void set_first_numbers(const Segment& s, Direction& forth, Direction& back);
  static void remember(const Segment& s, Direction& forth, Direction& back);

  std::optional<SegmentEnd> first_sender_;
  std::array<Direction, 2> directions_;
  bool reset_ = false;
};

}  // namespace tcpkit::tcp
