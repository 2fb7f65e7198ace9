// Frames of every link layer: what is read of them lies within what was sent, and a connection of
// them is analysed.
#include <array>
#include <string_view>

#include "require.h"
#include "tcp/analysis.h"
#include "tcp/segment.h"

namespace {

using namespace tcpkit;

void require_sound(const tcp::Segment& segment, std::string_view frame, std::size_t size) {
  fuzz::require(segment.packet_at < frame.size(), "the packet begins in the frame");
  fuzz::require(segment.length <= segment.packet_size, "the data is in the packet");
  fuzz::require(segment.options.size() <= 40, "a header has 60 bytes at most");
  fuzz::require(size >= frame.size(), "no more was captured than sent");
  std::size_t seen = 0;
  tcp::for_each_option(segment.options,
                       [&](unsigned, std::string_view data) { seen += data.size() + 2; });
  fuzz::require(seen <= segment.options.size(), "the options are in the header");
}

}  // namespace

/// The first byte chooses the link layer; then frames follow, each behind two bytes of its size.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static constexpr std::array links{tcp::Link::ethernet, tcp::Link::cooked, tcp::Link::cooked2,
                                    tcp::Link::raw, tcp::Link::null};
  std::string_view rest{reinterpret_cast<const char*>(data), size};
  if (rest.empty()) return 0;
  const tcp::Link link = links.at(data[0] % links.size());
  rest.remove_prefix(1);
  tcp::Analysis analysis;
  while (rest.size() >= 2) {
    const std::size_t length = tcp::read_u16(rest, 0);
    rest.remove_prefix(2);
    const std::string_view frame = rest.substr(0, length);
    rest.remove_prefix(frame.size());
    const auto segment = tcp::parse_segment(link, frame, length);
    if (!segment) continue;
    require_sound(*segment, frame, length);
    const auto record = analysis.add(*segment);
    fuzz::require(!record.src.empty() && !record.dst.empty(), "both ends have a name");
    fuzz::require(record.ack.has_value() == segment->has(tcp::Segment::ack_flag),
                  "ack is there with its flag");
  }
  return 0;
}
