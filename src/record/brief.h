#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "record/line.h"

/// Words for people as words.h has them, but few: for a diagram, whose place says the rest. All
/// texts are displayed (base/escape.h) and of bounded length.
namespace tcpkit::record {

/// "127.0.0.1:5000", "[::1]:5000"; an IPv4 address in IPv6 form comes plainly, so that both ends
/// of a connection have the same text for an address. Empty where there is none.
std::string brief_address(std::string_view host, std::optional<std::int64_t> port);
std::string brief_address(const SocketName& name);
/// The same, or of a Unix socket, which has no port, its path.
std::string brief_target(const std::string& host, std::optional<int> port);

/// What stands at the end that a call, an event or a record of the kernel is of: "write() 5 bytes",
/// "error ECONNRESET", "[FIN_WAIT1]", "[~CLOSING]" for a state that was inferred.
std::string brief_words(const Line& line);

/// What stands on the arrow of a captured segment: "SYN,ACK seq 0 ack 1 (retransmission)".
std::string segment_words(const wire::Segment& segment);
/// The same without what matters less: `ack` where there is data, `seq` where it is an ACK alone.
/// Empty where nothing can be left out.
std::string brief_segment_words(const wire::Segment& segment);

/// The lines of a note; empty for one that is no part of a connection's story.
std::string note_words(const Record& record);

}  // namespace tcpkit::record
