#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>

#include "tcp/segment.h"
#include "tcp/states.h"

namespace tcpkit::tcp {

/// The states of both ends of a connection, inferred from its segments alone. An end changes its
/// state at the segment that proves it: its own one, or the one that it waits for, which is taken
/// to arrive. So an end has received a FIN once it acknowledges it. Ends are numbered: 0 is the
/// client. Pure.
class Inference {
 public:
  /// `from`: empty if nothing is known of the time before.
  struct Step {
    std::size_t end = 0;
    std::optional<State> from;
    State to = State::closed;
  };
  using Report = std::function<void(const Step& step)>;

  /// The next segment, sent by the end `sender`.
  void add(const Segment& segment, std::size_t sender, const Report& report);

  [[nodiscard]] std::optional<State> state(std::size_t end) const { return ends_.at(end).state; }
  /// A FIN was seen, or must have been there.
  [[nodiscard]] bool sent_fin(std::size_t end) const { return ends_.at(end).fin.has_value(); }
  /// What the other end has acknowledged last may be a FIN that was not captured.
  [[nodiscard]] bool may_have_sent_fin(std::size_t end) const {
    return ends_.at(end).maybe_fin.has_value();
  }
  /// Neither end expects anything more.
  [[nodiscard]] bool over() const;
  /// The end has acknowledged the other one's FIN.
  [[nodiscard]] bool has_fin(std::size_t end) const;
  /// The FINs crossed: neither end had received the other's when it sent its own.
  [[nodiscard]] bool fins_crossed() const { return fins_crossed_; }
  /// The first segment of the connection was not its SYN.
  [[nodiscard]] bool begun_before() const { return begun_before_; }

 private:
  struct End {
    std::optional<State> state;
    std::optional<std::uint32_t> syn;    ///< its number
    std::optional<std::uint32_t> next;   ///< the number after all that it has sent
    std::optional<std::uint32_t> fin;    ///< the number after its FIN
    std::optional<std::uint32_t> acked;  ///< its last ACK
    /// The number after a FIN that was acknowledged, if it was one, and not captured.
    std::optional<std::uint32_t> maybe_fin;
  };

  void move(std::size_t end, State to, const Report& report);
  void take_syn(const Segment& segment, std::size_t sender, const Report& report);
  void take_ack(const Segment& segment, std::size_t sender, const Report& report);
  void take_fin(std::size_t sender, const Report& report);
  void settle(std::size_t end, const Report& report);

  std::array<End, 2> ends_;
  bool begun_ = false;
  bool begun_before_ = false;
  bool fins_crossed_ = false;
};

}  // namespace tcpkit::tcp
