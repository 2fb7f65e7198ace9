#include "tcp/analysis.h"

#include <fmt/core.h>

#include <algorithm>

namespace tcpkit::tcp {
namespace {

bool has_control(const Segment& s) {
  return (s.flags & (Segment::syn | Segment::fin | Segment::rst)) != 0;
}

/// How far the segment moves the sequence number: SYN and FIN count as a byte.
std::uint32_t space_of(const Segment& s) {
  return s.length + ((s.flags & (Segment::syn | Segment::fin)) != 0 ? 1 : 0);
}

std::vector<std::string_view> flags_of(const Segment& s) {
  static constexpr std::array<std::string_view, 8> names{"FIN", "SYN", "RST", "PSH",
                                                         "ACK", "URG", "ECE", "CWR"};
  std::vector<std::string_view> flags;
  for (std::size_t bit = 0; bit < names.size(); ++bit) {
    if ((s.flags >> bit & 1U) != 0) flags.push_back(names.at(bit));
  }
  return flags;
}

// Kinds of options: the registry "TCP Option Kind Numbers" of IANA.
constexpr unsigned opt_mss = 2;
constexpr unsigned opt_scale = 3;
constexpr unsigned opt_sack_permitted = 4;
constexpr unsigned opt_sack = 5;
constexpr unsigned opt_timestamps = 8;
constexpr unsigned opt_md5 = 19;
constexpr unsigned opt_fast_open = 34;

std::string hex(std::string_view bytes) {
  std::string text;
  for (const char c : bytes)
    text += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return text;
}

/// `first`: the number that SACK blocks, which are about the other end's data, are relative to.
std::string option_text(unsigned kind, std::string_view data, std::uint32_t first) {
  static constexpr std::size_t block = 8;
  if (kind == opt_mss && data.size() == 2) return fmt::format("mss {}", read_u16(data, 0));
  if (kind == opt_scale && data.size() == 1) {
    return fmt::format("wscale {}", static_cast<unsigned char>(data[0]));
  }
  if (kind == opt_sack_permitted && data.empty()) return "sackOK";
  if (kind == opt_timestamps && data.size() == block) {
    return fmt::format("TS val {} ecr {}", read_u32(data, 0), read_u32(data, 4));
  }
  if (kind == opt_sack && !data.empty() && data.size() % block == 0) {
    std::string text = "sack";
    for (; !data.empty(); data.remove_prefix(block))
      text += fmt::format(" {}:{}", read_u32(data, 0) - first, read_u32(data, 4) - first);
    return text;
  }
  if (kind == opt_fast_open) {
    return data.empty() ? "tfo cookiereq" : fmt::format("tfo cookie {}", hex(data));
  }
  if (kind == opt_md5) return "md5";
  return data.empty() ? fmt::format("option {}", kind)
                      : fmt::format("option {} {}", kind, hex(data));
}

std::optional<unsigned> scale_of(const Segment& s) {
  static constexpr unsigned most = 14;  // RFC 7323, 2.3
  std::optional<unsigned> scale;
  for_each_option(s.options, [&](unsigned kind, std::string_view data) {
    if (kind == opt_scale && data.size() == 1) {
      scale = std::min<unsigned>(static_cast<unsigned char>(data[0]), most);
    }
  });
  return scale;
}

/// TSval of the timestamps option: when it was sent, by the sender's clock.
std::optional<std::uint32_t> stamp_of(const Segment& s) {
  std::optional<std::uint32_t> stamp;
  for_each_option(s.options, [&](unsigned kind, std::string_view data) {
    if (kind == opt_timestamps && data.size() == 8) stamp = read_u32(data, 0);
  });
  return stamp;
}

}  // namespace

std::pair<Analysis::Direction&, Analysis::Direction&> Analysis::begin(const Segment& s) {
  if (begins_another(s)) *this = Analysis();
  if (!first_sender_) first_sender_ = s.from;
  const std::size_t side = *first_sender_ == s.from ? 0 : 1;
  Direction& forth = directions_.at(side);
  Direction& back = directions_.at(1 - side);
  set_first_numbers(s, forth, back);
  return {forth, back};
}

void Analysis::end(const Segment& s, std::string_view label, Direction& forth, Direction& back) {
  forth.probing = label == "keep-alive";
  forth.probe = label == "window-probe" ? std::optional(s.seq) : std::nullopt;
  if (s.has(Segment::rst)) {
    reset_ |= resets(s.seq, forth.next, back.acked);
  } else {
    remember(s, forth, back);
    // A connection that goes on has refused the RST.
    reset_ &= space_of(s) == 0;
  }
}

std::string_view Analysis::pass(const Segment& s) {
  auto [forth, back] = begin(s);
  const std::string_view text = label(s, forth, back);
  end(s, text, forth, back);
  return text;
}

record::wire::Segment Analysis::add(const Segment& s) {
  auto [forth, back] = begin(s);
  record::wire::Segment record;
  record.src = s.from.to_string();
  record.dst = s.to.to_string();
  record.flags = flags_of(s);
  record.seq = s.seq - *forth.first;
  if (s.has(Segment::ack_flag)) record.ack = s.ack - *back.first;
  record.len = s.length;
  record.win = s.window;
  // The window of a SYN is never scaled, and none is unless both SYNs say so (RFC 7323, 2.2); of a
  // SYN that was not captured that is taken for granted.
  const bool agreed = back.scale || !back.syn;
  if (!s.has(Segment::syn) && forth.scale && agreed) record.win <<= *forth.scale;
  for_each_option(s.options, [&, first = back.first](unsigned kind, std::string_view data) {
    record.options.push_back(option_text(kind, data, first.value_or(0)));
  });
  record.label = label(s, forth, back);
  end(s, record.label, forth, back);
  return record;
}

bool Analysis::begins_another(const Segment& s) const {
  if (!s.has(Segment::syn) || s.has(Segment::ack_flag) || !first_sender_) return false;
  const Direction& forth = directions_.at(*first_sender_ == s.from ? 0 : 1);
  // Without its SYN the old connection's numbers are known well enough: it sent something else.
  return forth.syn ? *forth.syn != s.seq : forth.next.has_value();
}

/// A connection whose SYN was not captured begins with 1, as if it had been. The second of two
/// SYN,ACKs (RFC 9293, figure 9) sets the first number again.
void Analysis::set_first_numbers(const Segment& s, Direction& forth, Direction& back) {
  if (s.has(Segment::syn)) {
    if (forth.syn && *forth.syn != s.seq) forth = Direction();
    if (!forth.first || !forth.syn) forth.first = s.seq;
    forth.syn = s.seq;
  } else if (!forth.first) {
    forth.first = s.seq - 1;
  }
  if (s.has(Segment::ack_flag) && !back.first) back.first = s.ack - 1;
}

/// Not a RST, whose numbers and window say nothing of those of the connection.
void Analysis::remember(const Segment& s, Direction& forth, Direction& back) {
  const std::uint32_t behind = s.seq + space_of(s);
  if (!forth.next || is_before(*forth.next, behind)) {
    forth.next = behind;
    forth.stamp = stamp_of(s);
  }
  if (!forth.seen) forth.seen.emplace(s.seq);
  forth.seen->add(s.seq, behind);
  if (s.has(Segment::syn)) forth.scale = scale_of(s);
  if (s.has(Segment::fin)) forth.fin = behind;
  if (s.has(Segment::ack_flag)) {
    forth.acked = s.ack;
    // Not what nobody has sent: a stray ACK proves nothing.
    if (back.seen && back.next && !is_before(*back.next, s.ack)) back.seen->received(s.ack);
  }
  // That of a SYN without an ACK is compared with none: it repeats no ACK.
  const bool asks = s.has(Segment::syn) && !s.has(Segment::ack_flag);
  forth.window = asks ? std::nullopt : std::optional(s.window);
  forth.window_of_syn = s.has(Segment::syn);
}

std::string_view Analysis::label(const Segment& s, const Direction& forth, const Direction& back) {
  const std::string_view asks = probe(s, forth, back);
  if (!asks.empty()) return asks;

  const bool plain = !has_control(s);
  const bool repeats_ack =
      forth.next && plain && s.length == 0 && s.seq == *forth.next && forth.acked == s.ack;
  // That of a SYN is never scaled, and says nothing of an update if the others are.
  const bool scaled = forth.scale.value_or(0) > 0 && back.scale;
  const bool comparable = forth.window && !(forth.window_of_syn && scaled);
  const bool same_window = !comparable || s.window == *forth.window;
  if (repeats_ack && same_window && s.window != 0 && back.probing) return "keep-alive-ack";

  if (forth.next && space_of(s) > 0 && !s.has(Segment::rst) && is_before(s.seq, *forth.next)) {
    // What was not seen before was overtaken, or was lost before it could be captured. It is the
    // latter if it was sent later than what has a higher number.
    const auto stamp = stamp_of(s);
    const bool later = stamp && forth.stamp && is_before(*forth.stamp, *stamp);
    const bool again = forth.seen && forth.seen->any(s.seq, s.seq + space_of(s));
    return again || later ? "retransmission" : "out-of-order";
  }
  if (plain && s.window == 0) return "zero-window";
  if (repeats_ack && comparable) return same_window ? "dup-ack" : "window-update";
  return "";
}

/// Segments that carry nothing new and ask for an answer: "keep-alive", "window-probe" or none.
/// Linux asks in both cases with the number before the next one, others with a byte: of a closed
/// window with its next byte, of a silent peer with the last byte that the peer has.
std::string_view Analysis::probe(const Segment& s, const Direction& forth, const Direction& back) {
  if (!forth.next || has_control(s) || s.length > 1) return "";
  const bool closed = back.window && *back.window == 0;
  const bool next_byte = s.length == 1 && s.seq == *forth.next;
  const bool same_byte = s.length == 1 && forth.probe == s.seq && s.seq == *forth.next - 1;
  if (closed && (next_byte || same_byte)) return "window-probe";
  if (s.seq != *forth.next - 1) return "";
  // A byte that the peer does not have yet is sent again because it was lost.
  if (s.length == 1 && !(back.acked && !is_before(*back.acked, *forth.next))) return "";
  // An older ACK, which the segment with the last number has overtaken.
  const auto stamp = stamp_of(s);
  if (forth.acked && is_before(s.ack, *forth.acked)) return "";
  if (stamp && forth.stamp && !is_before(*forth.stamp, *stamp)) return "";
  return closed ? "window-probe" : "keep-alive";
}

bool Analysis::over() const {
  if (reset_) return true;
  const auto acked = [](const Direction& sender, const Direction& other) {
    return sender.fin && other.acked && !is_before(*other.acked, *sender.fin);
  };
  return acked(directions_[0], directions_[1]) && acked(directions_[1], directions_[0]);
}

}  // namespace tcpkit::tcp
