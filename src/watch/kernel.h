#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>

#include "net/watcher.h"
#include "os/tcp_info.h"
#include "trace/tracer.h"
#include "watch/agenda.h"
#include "watch/capture_clock.h"
#include "watch/course.h"
#include "watch/keepalive_watch.h"
#include "watch/orphans.h"

namespace tcpkit::watch {

class Wire;

/// The kernel layer: reports each connection's transitions, the ACKs of our data and our FIN,
/// retransmissions and keep-alive probes, and TCP_INFO at connect and close. Asks the kernel
/// when something happens and, while something is on its way, every few milliseconds. What was too
/// fast to be seen is filled in from what is known (Course), as `inferred`. A connection that waits
/// for its peer costs nothing. A closed one is followed (Orphans). Needs no privilege. TCP only:
/// nothing is reported of a Unix socket.
class Kernel : public net::Watcher {
 public:
  /// What is reported: the whole layer, or only keep-alive probes, their ACKs and retransmissions,
  /// for a command that is about them.
  enum class Scope { layer, probes };
  /// `wire`: null if nothing is captured; else outlives this. To be added to the engine.
  Kernel(uv::Loop& loop, trace::Tracer& tracer, Wire* wire, Scope scope);
  ~Kernel() override;
  Kernel(const Kernel&) = delete;
  Kernel& operator=(const Kernel&) = delete;

  void before_attempt(const net::Connection& /*end*/, const Address& remote) override {
    attempted_ = remote;
  }
  void on_attempt(const net::Connection& end, int err, std::uint64_t began) override;
  void on_attempt_failed(const net::Connection& end) override;
  void on_listening(const Address& local) override;
  void on_open(const net::Connection& end) override;
  void on_change(const net::Connection& end) override;
  void on_activity(const net::Connection& end) override;
  bool on_error_queue(const net::Connection& end) override;
  void on_closing(const net::Connection& end) override;

  /// The watch of an open connection's probes, until on_closing(); nullptr if there is none of that
  /// number.
  [[nodiscard]] const KeepaliveWatch* probes(unsigned number) const;

 private:
  /// A connection that is open; or the present attempt of one that is being opened.
  struct Connection {
    explicit Connection(const Course& c) : course(c) {}
    Course course;
    std::optional<net::Connection> end;  ///< once it is open
    os::SocketId id;
    std::optional<bool> acks;       ///< the kernel tells of them; empty: it was not asked yet
    std::uint64_t base = 0;         ///< bytes that were acknowledged before it did
    std::uint64_t acked = 0;        ///< bytes, as of its last word
    std::uint64_t sent_before = 0;  ///< bytes, before the descriptor was ours
    std::uint64_t read_before = 0;  ///< likewise
    std::uint32_t resent = 0;       ///< segments that were sent again, as far as it was reported
    int unanswered = 0;             ///< the kernel's count of them in a row, when it was last read
    std::unique_ptr<KeepaliveWatch> probes;
    std::chrono::milliseconds pause{};  ///< until the next look
  };

  Connection* find(const net::Connection& end);
  std::optional<SegmentTimes> segments(const Address& local, const Address& remote);
  void adopt(Connection& connection, const os::TcpInfo& info);
  void look(Connection& connection);
  void look_again(Connection& connection);
  void arrive(Connection& connection, tcp::State state);
  void count(Connection& connection, const os::TcpInfo& info);
  void watch_acks(Connection& connection, const os::TcpInfo& info);
  bool take_acks(Connection& connection);
  void report_resent(Connection& connection, const os::TcpInfo& info);
  void report_info(Connection& connection, const os::TcpInfo& info);
  void watch_probes(Connection& connection);

  uv::Loop& loop_;
  Address attempted_;  ///< the remote end of the attempt that is being made
  trace::Tracer& tracer_;
  Wire* wire_;
  Scope scope_;
  CaptureClock own_clock_;
  CaptureClock& clock_;                  ///< of the segments, if there are some
  std::map<unsigned, Connection> open_;  ///< by number
  Agenda agenda_;
  Orphans orphans_;
};

}  // namespace tcpkit::watch
