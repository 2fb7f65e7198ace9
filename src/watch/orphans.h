#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>

#include "os/last_words.h"
#include "os/sock_diag.h"
#include "uv/poll.h"
#include "watch/agenda.h"
#include "watch/course.h"

namespace tcpkit::watch {

/// Follows connections whose descriptor is closed: to TIME_WAIT, to their end, or for a while. Asks
/// for their state, and hears the kernel's last word, which says whether they ended by what was
/// sent or in spite of it. Keeps the loop alive meanwhile.
class Orphans {
 public:
  /// How long one is followed.
  static constexpr std::chrono::milliseconds most{2000};

  using Segments = std::function<std::optional<SegmentTimes>(const Address&, const Address&)>;
  Orphans(uv::Loop& loop, Segments segments);

  /// Of a connection whose descriptor is closed by the time this callback ends. `received`: bytes
  /// by the kernel's count.
  void add(const Course& course, const os::SocketId& id, std::uint64_t received);
  [[nodiscard]] const os::SockDiag& diag() const { return diag_; }

 private:
  struct Orphan {
    Course course;
    os::SocketId id;
    std::uint64_t received;
    std::uint64_t until;  ///< uv_hrtime() at which it is left alone
    std::chrono::milliseconds pause{1};
    std::optional<std::uint64_t> gone_at{};  ///< when the kernel did not know it any more
    bool heard = false;                      ///< its last word
  };

  [[nodiscard]] bool hears() const;
  void hear();
  void look(Agenda::Key key);
  /// False once there is nothing more to come.
  bool follow(Orphan& orphan);
  void end(Orphan& orphan);
  void forget(Agenda::Key key);

  Segments segments_;
  os::SockDiag diag_;
  os::LastWords words_;
  std::unique_ptr<uv::Poll> poll_;  ///< goes first: libuv must leave the descriptor
  std::map<Agenda::Key, Orphan> orphans_;
  std::map<std::uint64_t, Agenda::Key> by_cookie_;
  Agenda::Key last_key_ = 0;
  Agenda agenda_;
};

}  // namespace tcpkit::watch
