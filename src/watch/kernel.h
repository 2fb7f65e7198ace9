#pragma once

#include <chrono>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <optional>

#include "net/socket.h"
#include "net/watcher.h"
#include "os/keepalive_watch.h"
#include "os/sock_diag.h"
#include "os/tcp_info.h"
#include "trace/tracer.h"
#include "uv/timer.h"
#include "watch/state_machine.h"

namespace tcpkit::watch {

/// The kernel layer: tells of each connection's transitions, of the ACKs of our data and our FIN,
/// of retransmissions and keep-alive probes, and of TCP_INFO at connect and close. Asks the kernel
/// where something happens and, while something is on its way, every few milliseconds; what was too
/// fast to be seen is told as `inferred`. A closed connection is followed to TIME_WAIT, to its end,
/// or for `most_following`. Needs no privilege. TCP only: nothing is told of a Unix socket.
class Kernel : public net::Watcher {
 public:
  /// How long a closed connection is followed, which keeps the program running.
  static constexpr std::chrono::milliseconds most_following{2000};

  /// `probes`: tells of probes and retransmissions, too. To be added to the engine.
  Kernel(uv::Loop& loop, trace::Tracer& tracer, bool probes);
  ~Kernel() override;
  Kernel(const Kernel&) = delete;
  Kernel& operator=(const Kernel&) = delete;

  void before_attempt(net::Socket& socket, int fd, const Address& remote) override;
  void on_attempt(net::Socket& socket, int fd, int err) override;
  void on_attempt_failed(net::Socket& socket, int fd) override;
  void on_listening(net::Listener& listener, const Address& local) override;
  void on_open(net::Socket& socket) override;
  void on_change(net::Socket& socket) override;
  void on_activity(net::Socket& socket) override;
  bool on_error_queue(net::Socket& socket) override;
  void on_closing(net::Socket& socket) override;

  /// Follows no connection any longer.
  void stop();

 private:
  /// What is known of a connection; of one that is being opened, of its present attempt.
  struct Connection {
    net::Socket* socket = nullptr;  ///< while it is open
    trace::Role role = trace::Role::none;
    unsigned number = 0;
    State state = State::closed;
    std::uint64_t began = 0;   ///< when connect(2) was called, on the trace's clock
    std::optional<bool> acks;  ///< the kernel tells of them; empty: it was not asked yet
    std::uint64_t base = 0;    ///< bytes that were acknowledged before it did
    std::uint64_t acked = 0;   ///< bytes of our data
    std::uint64_t sent = 0;    ///< bytes given to the kernel, as last seen
    bool fin_acked = false;
    bool ending = false;   ///< our FIN goes out behind all data
    bool aborted = false;  ///< our RST ends it
    trace::Ends ends;
    std::unique_ptr<os::KeepaliveWatch> probes;
    std::chrono::milliseconds followed{0};
  };

  template <class B>
  void emit(const Connection& connection, B body);
  Connection& connection_of(net::Socket& socket);
  void sample(Connection& connection);
  /// The kernel is at `state`, or (not `seen`) must have been.
  void arrive(Connection& connection, State state, bool seen = true);
  void watch_acks(Connection& connection, const os::TcpInfo& info);
  static bool reset_came(const Connection& connection);
  void fin_acked(Connection& connection, bool seen);
  bool take_acks(Connection& connection);
  void tell_info(const Connection& connection, const os::TcpInfo& info);
  void watch_probes(Connection& connection);
  void sample_all();
  void follow();
  bool is_over(Connection& connection);

  uv::Loop& loop_;
  trace::Tracer& tracer_;
  bool probes_;
  os::SockDiag diag_;
  std::map<unsigned, Connection> open_;  ///< by number
  std::list<Connection> closed_;         ///< being followed
  uv::Timer sampling_;
  uv::Timer following_;
  std::chrono::milliseconds pause_{0};  ///< between two looks at the closed ones
};

}  // namespace tcpkit::watch
