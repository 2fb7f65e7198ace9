#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "record/record.h"

namespace tcpkit::diagram {

/// The segments that calls, events and kernel records let one infer.
enum class Segment : std::uint8_t {
  none,
  syn,
  syn_ack,
  handshake_ack,
  data,
  fin,
  rst,
  ack,
  probe,
  probe_ack,
  retransmission,
};

/// A segment of the connection that the record is of: `out` where that end sent it.
struct Hint {
  Segment segment = Segment::none;
  bool out = false;
};
using Hints = std::array<Hint, 3>;

/// What one record alone lets infer, in order.
Hints infer(const record::Body& body);

/// What stands on an inferred arrow; `bytes` of data.
std::string label_of(Segment segment, std::uint64_t bytes);
/// The same of a Unix domain socket, which has no segments: empty where nothing passes.
std::string unix_label_of(Segment segment, std::uint64_t bytes);

/// What settle() needs to know of the record that hints came from.
enum class Origin : std::uint8_t {
  other,
  connect_call,
  write_call,
  queued_write,  ///< of which not all was taken by the kernel at once
  drain,
  closing_call,
  finish,
};
Origin origin_of(const record::Body& body);

/// The hints of one record.
struct Hinted {
  Origin origin;
  Hints* hints;
};

/// Of all records of one connection, in order: leaves one arrow where several speak of one segment:
/// the SYN of an attempt and not of connect(), the FIN of end(), or of `finish` where data was
/// still queued, no second FIN, no data of `finish` where writes are known.
void settle(const std::vector<Hinted>& records);

}  // namespace tcpkit::diagram
