#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

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
  template <class V>
  void fields(V&& visit) const {
    visit("unanswered", unanswered);
    if (inferred) visit("inferred", inferred);
  }
};

/// The peer acknowledged a probe.
struct KeepaliveAck {
  static constexpr Layer layer = Layer::kernel;
  static constexpr std::string_view name = "keepaliveAck";
  template <class V>
  void fields(V&& /*visit*/) const {}
};

/// A transition of the state machine of RFC 9293, 3.3.2, by its names there; null for a state that
/// nobody knows. `inferred`: nobody saw it at that moment; it follows from all that is known.
struct State {
  static constexpr Layer layer = Layer::kernel;
  static constexpr std::string_view name = "state";
  std::optional<std::string_view> from;
  std::optional<std::string_view> to;
  bool inferred;
  template <class V>
  void fields(V&& visit) const {
    visit("from", from);
    visit("to", to);
    if (inferred) visit("inferred", inferred);
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
  template <class V>
  void fields(V&& visit) const {
    visit("bytesAcked", bytes_acked);
    visit("rttUs", rtt_us);
    if (inferred) visit("inferred", inferred);
  }
};

/// The peer's kernel acknowledged our FIN.
struct FinAcked {
  static constexpr Layer layer = Layer::kernel;
  static constexpr std::string_view name = "finAcked";
  bool inferred;
  template <class V>
  void fields(V&& visit) const {
    if (inferred) visit("inferred", inferred);
  }
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
  template <class V>
  void fields(V&& visit) const {
    visit("rttUs", rtt_us);
    visit("rttvarUs", rttvar_us);
    visit("cwnd", cwnd);
    visit("mss", mss);
    visit("bytesAcked", bytes_acked);
    visit("retransmits", retransmits);
    visit("deliveryRate", delivery_rate);
  }
};

/// Data in flight was sent again, `count` times in a row without an answer.
struct Retransmit {
  static constexpr Layer layer = Layer::kernel;
  static constexpr std::string_view name = "retransmit";
  int count;
  template <class V>
  void fields(V&& visit) const {
    visit("count", count);
  }
};

}  // namespace tcpkit::record::kernel
