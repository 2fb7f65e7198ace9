#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "record/layer.h"

/// The records of this layer: what crossed the wire.
namespace tcpkit::record::wire {

/// A segment of the connection as it was captured. `src` and `dst`: HOST:PORT. `seq` and `ack` are
/// relative to the first numbers seen of each direction, as Wireshark and tcpdump count; `ack` is
/// null without the ACK flag. `len`: bytes of data. `win`: bytes, scaled where the scale was seen.
/// `label` names what a segment is beside its flags: keep-alive, keep-alive-ack, retransmission,
/// out-of-order, zero-window, window-probe, window-update, dup-ack; empty: nothing special.
struct Segment {
  static constexpr Layer layer = Layer::wire;
  static constexpr std::string_view name = "segment";
  std::string src;
  std::string dst;
  std::vector<std::string_view> flags;  ///< FIN, SYN, RST, PSH, ACK, URG, ECE, CWR: in this order
  std::uint32_t seq = 0;
  std::optional<std::uint32_t> ack;
  std::uint32_t len = 0;
  std::uint32_t win = 0;
  std::vector<std::string> options;  ///< "mss 1460", "sackOK", "wscale 7", "TS val 1 ecr 0"
  std::string_view label;
  bool lost = false;  ///< its receiver, which is ours, has thrown it away
  template <class V>
  void fields(V&& visit) const {
    visit("src", src);
    visit("dst", dst);
    visit("flags", flags);
    visit("tcpSeq", seq);
    visit("tcpAck", ack);
    visit("len", len);
    visit("win", win);
    visit("options", options);
    if (!label.empty()) visit("label", label);
    if (lost) visit("lost", lost);
  }
};

}  // namespace tcpkit::record::wire
