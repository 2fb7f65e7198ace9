#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "record/outcome.h"
#include "tcp/inference.h"
#include "tcp/seen_numbers.h"
#include "tcp/segment.h"

namespace tcpkit::watch {

/// How one connection of a capture went, from its segments alone: which end is the client, what
/// passed, who closed first and how, and why it was reset, as far as that can be told. Pure.
class Story {
 public:
  /// Begins with its first segment, which add() takes as well.
  explicit Story(const tcp::Segment& first);

  /// The next segment, captured at `time` (nanoseconds on any clock), and what the analysis calls
  /// it. `report` is called for each change of an end's state; end 0 is the client.
  void add(const tcp::Segment& segment, std::uint64_t time, std::string_view label,
           const tcp::Inference::Report& report);
  /// Nothing more is expected, as far as the states tell.
  [[nodiscard]] bool over() const { return states_.over(); }
  /// The outcome so far. `over`: nothing more is expected; else the capture ended before it did.
  [[nodiscard]] record::Outcome outcome(bool over) const;

 private:
  struct End {
    tcp::SegmentEnd name;
    std::optional<std::uint32_t> next;   ///< the number after all that it has sent
    std::optional<std::uint32_t> acked;  ///< its last ACK
    std::uint64_t bytes = 0;             ///< of data, each counted once
    std::uint64_t captured = 0;          ///< of these
    std::optional<tcp::SeenNumbers> seen;
    unsigned unanswered_probes = 0;  ///< keep-alives since the other end was heard last
    unsigned unanswered_data = 0;    ///< likewise, of what it sent again
    bool data_after_fin = false;     ///< it got data after it had sent its FIN
    bool ended = false;              ///< it has sent a FIN
  };
  struct Times {
    std::optional<std::uint64_t> syn;
    std::optional<std::uint64_t> syn_acked;
    std::optional<std::uint64_t> handshake;  ///< the ACK of the SYN,ACK
  };

  [[nodiscard]] std::size_t sender_of(const tcp::Segment& segment) const {
    return segment.from == ends_[0].name ? 0 : 1;
  }
  void take_reset(const tcp::Segment& segment, std::size_t sender);
  [[nodiscard]] std::string_view reason(const tcp::Segment& segment, std::size_t sender) const;
  void count(const tcp::Segment& segment, std::size_t sender);
  void take_times(const tcp::Segment& segment, std::uint64_t time, std::size_t sender);
  void see_ending(const tcp::Segment& segment, std::size_t sender);
  [[nodiscard]] std::string text(const record::Outcome& o, bool over) const;

  std::array<End, 2> ends_;
  tcp::Inference states_;
  Times times_;
  std::uint64_t first_at_ = 0;
  std::uint64_t last_at_ = 0;
  std::uint64_t segments_ = 0;
  std::uint64_t retransmissions_ = 0;
  std::uint64_t zero_windows_ = 0;
  std::uint64_t resets_ = 0;
  std::optional<std::size_t> ended_first_;
  std::optional<std::size_t> reset_by_;
  std::string_view why_;
  std::size_t last_sender_ = 0;
  bool guessed_ = false;
  bool syn_sent_again_ = false;
  bool connected_ = false;
  bool refused_ = false;
};

}  // namespace tcpkit::watch
