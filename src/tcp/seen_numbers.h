#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace tcpkit::tcp {

/// Before in the order of sequence numbers, which wrap around (RFC 9293, 3.4).
inline bool is_before(std::uint32_t a, std::uint32_t b) {
  return static_cast<std::int32_t>(a - b) < 0;
}

/// Whether a RST with this number ends the connection (RFC 9293, 3.10.7.4; RFC 5961, 3): `next` is
/// what its sender sends next, `acked` what the other end has last acknowledged. Any other is
/// answered by an ACK, and the connection goes on.
inline bool resets(std::uint32_t number, std::optional<std::uint32_t> next,
                   std::optional<std::uint32_t> acked) {
  return !acked || number == *acked || number == next;
}

/// Which sequence numbers one end has sent: ranges behind a floor, below which all count as sent.
/// The memory is bounded, whatever comes: with more than `most` gaps the first ones count as sent.
class SeenNumbers {
 public:
  static constexpr std::size_t most = 1024;

  /// Nothing was sent; `first` is the number of the SYN.
  explicit SeenNumbers(std::uint32_t first) : floor_(first) {}

  /// Whether one of the numbers from `first` up to, not including, `behind` was sent.
  [[nodiscard]] bool any(std::uint32_t first, std::uint32_t behind) const;
  void add(std::uint32_t first, std::uint32_t behind);
  /// All before `number` was received: who asks for it asks for what was sent.
  void received(std::uint32_t number);

 private:
  using Range = std::pair<std::uint32_t, std::uint32_t>;  ///< first, behind

  std::uint32_t floor_;
  std::vector<Range> ranges_;  ///< behind the floor, in order, apart from one another
};

}  // namespace tcpkit::tcp
