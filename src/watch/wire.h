#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "net/watcher.h"
#include "os/capture.h"
#include "trace/tracer.h"
#include "uv/poll.h"
#include "uv/timer.h"
#include "watch/capture_clock.h"
#include "watch/conversations.h"
#include "watch/discard_times.h"
#include "watch/pcap_file.h"
#include "watch/segment_log.h"

namespace tcpkit::watch {

/// The wire layer: captures the segments of our own connections and tells of each as a record of
/// its connection, and writes them to a file. One may watch several engines of a loop: a connection
/// whose both ends are ours is told once, as the client's. Owned by the session; outlives the
/// sockets.
class Wire : public net::Watcher {
 public:
  /// `pcap`: null for none. `failed` is told, once, why nothing is captured any more; `notice` of
  /// what is missing. Captures nothing until there is something to listen on or to connect to.
  Wire(uv::Loop& loop, std::unique_ptr<PcapFile> pcap,
       std::function<void(const std::string&)> failed,
       std::function<void(const std::string&)> notice);

  /// Once all connections are closed: the last FINs and ACKs are still on their way. Keeps the loop
  /// alive until they are there, until nothing has come for 50 ms, and 300 ms at most.
  void linger();
  /// Writes what is held of the file, and says whether something was lost.
  void finish();

  /// What has passed so far between these ends, times in uv_hrtime's nanoseconds; nullopt if
  /// nothing was captured. Seen from `local`, whoever's records the segments are.
  std::optional<SegmentTimes> segments(const Address& local, const Address& remote);
  /// By which the times of all segments are turned.
  CaptureClock& clock() { return clock_; }

  void before_attempt(const net::Connection& end, const Address& remote) override;
  void on_attempt(const net::Connection& end, int err, std::uint64_t began) override;
  void on_attempt_failed(const net::Connection& end) override;
  void on_listening(const Address& local) override;
  void on_open(const net::Connection& end) override;
  void on_discard(const net::Connection& end, bool on) override;
  void on_closing(const net::Connection& end) override;
  bool catch_up() override;
  std::uint64_t untold() override;

 private:
  using Key = Conversations::Key;

  void cover(const Address& address, bool listening);
  void open(const std::string& interface);
  void fail(const std::string& why);
  void follow(const net::Connection& end, const Key& key);
  void close(const net::Connection& end, const Key& key, bool abandoned);
  void fetch();
  void deliver();
  void report(Conversation& conversation, const Captured& captured);
  /// Since when the first of the clients waits whose segments are yet to be told: nanoseconds of
  /// CLOCK_REALTIME; UINT64_MAX where none does.
  std::uint64_t waiting_since();
  void stop_lingering();

  uv::Loop& loop_;
  std::unique_ptr<PcapFile> pcap_;
  std::function<void(const std::string&)> failed_;
  std::function<void(const std::string&)> notice_;

  std::unique_ptr<os::Capture> capture_;
  std::unique_ptr<uv::Poll> poll_;  ///< goes first: libuv must leave the descriptor
  std::string interface_;
  std::set<std::string> filters_;
  std::uint64_t captures_ = 0;  ///< opened so far
  std::uint64_t dropped_ = 0;   ///< by those that are closed
  bool broken_ = false;
  CaptureClock clock_;
  SegmentLog log_;

  DiscardTimes discards_;
  std::deque<Captured> arrived_;
  Conversations conversations_;
  /// The ends of attempts that are being made, by tracer and number.
  std::map<std::pair<const trace::Tracer*, unsigned>, Key> attempts_;
  Address attempted_;  ///< the remote end of the attempt that is being made

  bool lingering_ = false;
  uv::Timer quiet_;
  uv::Timer longest_;
};

}  // namespace tcpkit::watch
