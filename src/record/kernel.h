#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "record/field.h"
#include "record/layer.h"

/// The records of this layer: what the kernel's TCP did.
namespace tcpkit::record::kernel {

/// A probe of SO_KEEPALIVE went out; `unanswered` ones in a row, this included. `inferred`: the
/// probe itself was too fast to be seen, its ACK was not.
struct KeepaliveProbe {
  static constexpr Layer layer = Layer::kernel;
  static constexpr std::string_view name = "keepaliveProbe";
  int unanswered;
  bool inferred;
  static void fields(auto& e, auto&& visit) {
    visit("unanswered", e.unanswered);
    visit("inferred", unless_empty(e.inferred));
  }
};

/// The peer acknowledged a probe.
struct KeepaliveAck {
  static constexpr Layer layer = Layer::kernel;
  static constexpr std::string_view name = "keepaliveAck";
  static void fields(auto& /*e*/, auto&& /*visit*/) {}
};

/// A transition of the state machine of RFC 9293, 3.3.2, by its names there; null for a state that
/// nobody knows. `inferred`: nobody saw it at that moment; it follows from all that is known.
struct State {
  static constexpr Layer layer = Layer::kernel;
  static constexpr std::string_view name = "state";
  std::optional<std::string_view> from;
  std::optional<std::string_view> to;
  bool inferred;
  static void fields(auto& e, auto&& visit) {
    visit("from", e.from);
    visit("to", e.to);
    visit("inferred", unless_empty(e.inferred));
  }
};

/// The peer's kernel acknowledged our data, up to `bytes_acked` since the connection's start.
/// `rtt_us`: the kernel's smoothed round-trip time, in microseconds; null where it has none.
struct Ack {
  static constexpr Layer layer = Layer::kernel;
  static constexpr std::string_view name = "ack";
  std::uint64_t bytes_acked;
  std::optional<std::uint32_t> rtt_us;
  bool inferred;
  static void fields(auto& e, auto&& visit) {
    visit("bytesAcked", e.bytes_acked);
    visit("rttUs", e.rtt_us);
    visit("inferred", unless_empty(e.inferred));
  }
};

/// The peer's kernel acknowledged our FIN.
struct FinAcked {
  static constexpr Layer layer = Layer::kernel;
  static constexpr std::string_view name = "finAcked";
  bool inferred;
  static void fields(auto& e, auto&& visit) { visit("inferred", unless_empty(e.inferred)); }
};

/// What TCP_INFO of tcp(7) says. Times in microseconds, `cwnd` in segments, `mss` in bytes, the
/// rate in bytes per second; null where the kernel does not know.
struct Info {
  static constexpr Layer layer = Layer::kernel;
  static constexpr std::string_view name = "info";
  std::uint32_t rtt_us;
  std::uint32_t rttvar_us;
  std::uint32_t cwnd;
  std::uint32_t mss;
  std::uint64_t bytes_acked;
  std::uint32_t retransmits;  ///< segments, since the connection's start
  std::optional<std::uint64_t> delivery_rate;
  static void fields(auto& e, auto&& visit) {
    visit("rttUs", e.rtt_us);
    visit("rttvarUs", e.rttvar_us);
    visit("cwnd", e.cwnd);
    visit("mss", e.mss);
    visit("bytesAcked", e.bytes_acked);
    visit("retransmits", e.retransmits);
    visit("deliveryRate", e.delivery_rate);
  }
};

/// Segments were sent again. The `segments` of all these records are the retransmits that the last
/// Info has and the first one has not.
struct Retransmit {
  static constexpr Layer layer = Layer::kernel;
  static constexpr std::string_view name = "retransmit";
  int count = 0;  ///< timeouts in a row without an answer; 0: ACKs or a loss probe showed the loss
  std::uint32_t segments = 1;  ///< since the last such record; 0: the kernel could not send
  static void fields(auto& e, auto&& visit) {
    visit("count", e.count);
    visit("segments", e.segments);
  }
};

using All = Kinds<KeepaliveProbe, KeepaliveAck, Retransmit, State, Ack, FinAcked, Info>;

}  // namespace tcpkit::record::kernel
