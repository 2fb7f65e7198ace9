#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <unordered_map>
#include <utility>

#include "os/capture.h"
#include "trace/tracer.h"
#include "watch/conversations.h"
#include "watch/story.h"

namespace tcpkit::watch {

/// The zero of the times of a capture that begins at `start`, nanoseconds since 1970.
record::Epoch epoch_at(std::uint64_t start);

/// Makes records of the frames of a capture that other programs' connections are in: `segment`,
/// the `state` of both ends, and a `summary` of each connection. Any frames are safe, and the
/// memory is bounded whatever comes: of very many connections the oldest ones are summarised early.
class CaptureReader {
 public:
  /// Which connections are shown; all, if both are empty. Numbers count from 1, in the order of
  /// the first segments.
  struct Choice {
    std::optional<unsigned> number;
    std::optional<Conversations::Key> ends;
  };
  /// Frames begin with `link`. Times count from `start`, nanoseconds since 1970; the tracer's epoch
  /// is that moment, too.
  CaptureReader(trace::Tracer& tracer, tcp::Link link, std::uint64_t start, const Choice& choice)
      : tracer_(tracer), link_(link), start_(start), choice_(choice) {}

  void add(const os::Capture::Frame& frame);
  /// Nothing more comes: summaries of what is left.
  void finish();

  /// Segments whose TCP header was cut by the capture: left out.
  [[nodiscard]] std::uint64_t cut() const { return cut_; }
  /// Segments that were read.
  [[nodiscard]] std::uint64_t segments() const { return segments_; }
  /// Something matched the choice.
  [[nodiscard]] bool found() const { return found_; }

 private:
  /// A connection that ended is summarised when it has been silent for this long.
  static constexpr std::uint64_t rest = 1'000'000'000;

  struct Kept {
    Story story;
    bool shown;
    bool over = false;
    std::uint64_t last = 0;  ///< when its last segment was captured
  };

  [[nodiscard]] bool is_chosen(unsigned number, const tcp::Segment& segment) const;
  void emit(std::uint64_t time, record::Role role, unsigned number, record::Body body);
  void summarise(unsigned number);
  void summarise_quiet(std::uint64_t now);

  trace::Tracer& tracer_;
  tcp::Link link_;
  std::uint64_t start_;
  Choice choice_;
  Conversations conversations_;
  std::unordered_map<unsigned, Kept> stories_;  ///< of connections that are not summarised yet
  std::deque<unsigned> ended_;                  ///< in the order in which they ended
  std::uint64_t latest_ = 0;                    ///< of all frames
  std::uint64_t cut_ = 0;
  std::uint64_t segments_ = 0;
  bool found_ = false;
};

}  // namespace tcpkit::watch
