#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "record/field.h"
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
  static void fields(auto& e, auto&& visit) {
    visit("src", e.src);
    visit("dst", e.dst);
    visit("flags", e.flags);
    visit("tcpSeq", e.seq);
    visit("tcpAck", e.ack);
    visit("len", e.len);
    visit("win", e.win);
    visit("options", e.options);
    visit("label", unless_empty(e.label));
    visit("lost", unless_empty(e.lost));
  }
};

using All = Kinds<Segment>;

}  // namespace tcpkit::record::wire
