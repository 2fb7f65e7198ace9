#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/error.h"
#include "record/layer.h"
#include "record/outcome.h"

namespace tcpkit::net {

/// The little that is kept of a connection for its `summary`: moments and counters, and which end's
/// FIN or RST was the first. Told of each by the socket and by what opens it, where somebody wants
/// a summary; asks the kernel at the few moments at which only it knows. Owned by the socket.
class Life {
 public:
  enum class End : std::uint8_t { nobody, us, peer, unknown };

  /// The lookup, or the only attempt, begins, or the connection was accepted.
  void begin();
  void looked_up();
  void attempt() { ++attempts_; }
  void attempt_failed() { ++failed_; }
  void connected();
  void received() {
    if (first_byte_ == 0) first_byte_ = now();
  }
  void timed_out(std::string_view kind) { limit_ = kind; }

  /// Before and after shutdown(2).
  void before_fin(int fd);
  void after_fin(int fd, bool taken, std::string_view why);
  /// recv(2) has returned 0.
  void peer_fin(int fd);
  /// Right before close(2), or where there never was a connection (-1). `why`: of what close(2)
  /// puts on the wire, where the kernel has no reason of its own. `resets`: SO_LINGER was set to
  /// make it a RST.
  void closing(int fd, bool is_unix, const std::optional<Error>& error, bool resets,
               std::string_view why, bool keep_alive);

  /// `role`: ours. What the socket counts itself is left to it.
  [[nodiscard]] record::Outcome outcome(record::Role role, const record::Ends& ends) const;

 private:
  static std::uint64_t now();
  void ended(End end) {
    if (first_ == End::nobody) first_ = end;
  }
  void peer_reset();
  void judge_error(int fd, bool is_unix, const Error& error, std::string_view why, bool keep_alive);
  void judge_close(int fd, bool resets, std::string_view why);

  // uv_hrtime(); 0: not yet
  std::uint64_t began_ = 0;
  std::uint64_t looked_up_ = 0;
  std::uint64_t connected_ = 0;
  std::uint64_t first_byte_ = 0;
  std::int64_t attempts_ = 0;
  std::int64_t failed_ = 0;
  End first_ = End::nobody;
  bool fin_ = false;  ///< one went out or came
  bool rst_ = false;
  bool our_fin_ = false;
  bool fin_acknowledged_ = false;  ///< and all that was sent
  bool given_up_ = false;          ///< the kernel has, without a FIN or a RST that we know of
  bool fin_waits_ = false;         ///< for room at the peer, when it was asked for
  bool fin_behind_peers_ = false;  ///< the peer's FIN was there when ours was sent
  std::string_view why_;           ///< of our FIN or RST; empty: not ours, or not known
  std::string_view limit_;         ///< the time limit that has passed
  std::optional<Error> error_;
  std::optional<std::int64_t> unacknowledged_;
  std::optional<std::int64_t> rtt_us_;
  std::optional<std::int64_t> retransmits_;
};

}  // namespace tcpkit::net
