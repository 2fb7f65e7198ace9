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
#include "tcp/analysis.h"
#include "trace/tracer.h"
#include "uv/poll.h"
#include "uv/timer.h"
#include "watch/capture_clock.h"
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

  void before_attempt(net::Socket& socket, int fd, const Address& remote) override;
  void on_attempt(net::Socket& socket, int fd, int err, std::uint64_t began) override;
  void on_attempt_failed(net::Socket& socket, int fd) override;
  void on_listening(net::Listener& listener, const Address& local) override;
  void on_open(net::Socket& socket) override;
  void on_discard(net::Socket& socket, bool on) override;
  void on_closing(net::Socket& socket) override;
  bool catch_up() override;
  std::uint64_t untold() override;

 private:
  /// Both ends, the lower one first.
  using Key = std::pair<tcp::SegmentEnd, tcp::SegmentEnd>;

  struct Captured {
    tcp::Segment segment;
    std::uint64_t time;    ///< nanoseconds of CLOCK_REALTIME
    std::string packet;    ///< from the IP header on; empty without a file
    std::uint64_t source;  ///< which capture, which interface
    bool lost = false;     ///< its receiver has discarded it
  };
  struct Connection {
    trace::Tracer* tracer;
    record::Role role;
    unsigned number;
    const net::Socket* socket;  ///< while it is open; only to compare with
    bool open = true;
    bool abandoned = false;            ///< an attempt that came to nothing
    bool followed_by_another = false;  ///< the SYN of one between the same ends has passed
    tcp::Analysis analysis{};
    std::deque<Captured> recent{};  ///< without packets
    /// The one before it with the same ends, until this one's SYN passes.
    std::unique_ptr<Connection> before{};
  };

  static Key key_of(const tcp::SegmentEnd& a, const tcp::SegmentEnd& b);
  void cover(const Address& address, bool listening);
  void open(const std::string& interface);
  void fail(const std::string& why);
  void follow(net::Socket& socket, const Key& key);
  void close(const net::Socket& socket, const Key& key, bool abandoned);
  void fetch();
  void deliver();
  void sort(Captured captured);
  void tell(Connection& connection, const Captured& captured);
  void keep(Captured captured);
  /// Since when the first of the clients waits whose segments are yet to be told: nanoseconds of
  /// CLOCK_REALTIME; UINT64_MAX where none does.
  std::uint64_t waiting_since();
  [[nodiscard]] bool all_over() const;
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
  std::map<Key, Connection> connections_;
  std::deque<Key> closed_;      ///< oldest first
  std::deque<Captured> early_;  ///< of connections that are not known, or not yet
  std::size_t early_bytes_ = 0;
  /// Who sent a SYN to a port that we listen on, and when in nanoseconds of CLOCK_REALTIME: their
  /// segments are told once they are accepted. Earliest first.
  std::deque<std::pair<Key, std::uint64_t>> knocking_;
  std::set<std::uint16_t> listening_;  ///< ports
  std::map<const net::Socket*, Key> attempts_;
  Address attempted_;  ///< the remote end of the attempt that is being made

  bool lingering_ = false;
  uv::Timer quiet_;
  uv::Timer longest_;
};

}  // namespace tcpkit::watch
