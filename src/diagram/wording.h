#pragma once

#include <string>

#include "diagram/entry.h"

namespace tcpkit::diagram {

/// What stands at the end that the record is of, in few words: "write() 5 bytes", "error
/// ECONNRESET", "[FIN_WAIT1]", "[~CLOSING]" for a state that was inferred. Displayed, of bounded
/// length; empty for a record that needs no words.
std::string words_of(const Entry& entry);

/// What stands on the arrow of a captured segment: "SYN,ACK seq 0 ack 1 (retransmission)".
std::string segment_words(const Entry& entry);
/// The same without what matters less: `ack` where there is data, `seq` where it is an ACK alone.
/// Empty where nothing can be left out.
std::string brief_segment_words(const Entry& entry);

/// The lines of a note.
std::string note_words(const Entry& entry);

}  // namespace tcpkit::diagram
