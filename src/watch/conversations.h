#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "record/layer.h"
#include "tcp/analysis.h"
#include "tcp/segment.h"
#include "trace/tracer.h"

namespace tcpkit::watch {

/// Who a connection's records belong to: a socket of ours, another program's, or one that a file
/// has shown. The number is the tracer's.
struct Owner {
  trace::Tracer* tracer = nullptr;
  record::Role role = record::Role::none;
  unsigned number = 0;

  friend bool operator==(const Owner& a, const Owner& b) {
    return a.tracer == b.tracer && a.number == b.number;
  }
};

/// A segment, as and when it was captured.
struct Captured {
  tcp::Segment segment;
  std::uint64_t time;    ///< nanoseconds of CLOCK_REALTIME
  std::string packet;    ///< from the IP header on; empty if it is not wanted
  std::uint64_t source;  ///< which capture, which interface
  bool lost = false;     ///< its receiver has discarded it
};

/// One connection, as its segments show it.
struct Conversation {
  explicit Conversation(const Owner& whose) : owner(whose) {}

  Owner owner;
  bool open = true;                  ///< the owner has not closed it
  bool abandoned = false;            ///< an attempt that came to nothing
  bool followed_by_another = false;  ///< the SYN of one between the same ends has passed
  bool summarised = false;           ///< its owner has counted it, and may have forgotten it
  std::uint64_t met_at = 0;          ///< the time of its last segment, where meet() makes it
  tcp::Analysis analysis{};
  /// The one before it with the same ends, until this one's SYN passes.
  std::unique_ptr<Conversation> before{};

  /// True if this is a segment that was captured before, by another capture or on another
  /// interface. To be asked once for each segment.
  bool repeats(const Captured& captured);

 private:
  /// What tells one segment from others; what is sent again has another identification.
  struct Print {
    tcp::SegmentEnd from;
    std::uint32_t seq = 0;
    std::uint32_t ack = 0;
    std::uint32_t length = 0;
    std::uint16_t window = 0;
    std::uint16_t ip_id = 0;
    std::uint8_t flags = 0;
    std::size_t options = 0;  ///< their hash
    std::uint64_t source = 0;
  };
  static constexpr std::size_t most_recent = 16;
  std::vector<Print> recent_;
  std::size_t passed_ = 0;
};

/// The one answer to the question whose segment this is. Segments are sorted by their ends; ports
/// that are used again make a new conversation. Segments that nobody owns yet are kept for a while,
/// because a server's connection has an owner only once it is accepted.
class Conversations {
 public:
  /// Both ends, the lower one first.
  using Key = std::pair<tcp::SegmentEnd, tcp::SegmentEnd>;
  static Key key_of(const tcp::SegmentEnd& a, const tcp::SegmentEnd& b) {
    return b < a ? Key{b, a} : Key{a, b};
  }

  /// The conversation of this segment. Null: it has no owner yet; the segment is moved away, and
  /// comes back from follow().
  Conversation* find(Captured& captured);
  /// From now on the segments between these ends are this owner's. Returns those that came before,
  /// to be sorted ahead of all others; nullopt if nothing changes: they are its own already, or
  /// the client's, because both ends of the connection are ours.
  std::optional<std::vector<Captured>> follow(const Owner& owner, const Key& key);
  /// The owner has closed it. A FIN or a RST may yet come. `forget` is called with the ends of a
  /// conversation that is left alone now, after so many others that nothing is expected any more.
  void close(const Owner& owner, const Key& key, bool abandoned,
             const std::function<void(const Key&)>& forget);

  // Of others: nobody says whose they are.
  /// Called with the owner of a conversation that meet() forgets.
  using Forget = std::function<void(const Owner& owner)>;
  /// The conversation of a segment that was captured at `time`; a new one, with the next number, if
  /// it is the first or if the ports are used again. With very many of them, those that are over
  /// and then those that were silent for longest are forgotten.
  Conversation& meet(const tcp::Segment& segment, std::uint64_t time, trace::Tracer& tracer,
                     const Forget& forget);

  /// Clients that send a SYN to this port are going to be ours.
  void listen(std::uint16_t port) { listening_.insert(port); }
  /// Since when the first of these clients waits to be accepted: nanoseconds of CLOCK_REALTIME;
  /// UINT64_MAX if there is none. Those that came before `patience` are given up.
  std::uint64_t waiting_since(std::uint64_t patience);
  /// Nothing more is to be expected of any of them.
  [[nodiscard]] bool all_over() const;

 private:
  struct Hash {
    std::size_t operator()(const Key& key) const;
  };
  void keep(Captured captured);
  void make_room(const Forget& forget);

  static constexpr std::size_t most_met = 65536;
  std::unordered_map<Key, Conversation, Hash> conversations_;
  std::deque<Key> closed_;      ///< oldest first
  std::deque<Captured> early_;  ///< of conversations that have no owner, or not yet
  std::size_t early_bytes_ = 0;
  /// Who sent a SYN to a port that we listen on, and when. Earliest first.
  std::deque<std::pair<Key, std::uint64_t>> knocking_;
  std::set<std::uint16_t> listening_;  ///< ports
  unsigned met_ = 0;
};

}  // namespace tcpkit::watch
