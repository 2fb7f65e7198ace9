#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "flow/duplex.h"
#include "flow/hooks.h"
#include "uv/process.h"
#include "uv/timer.h"

namespace tcpkit::flow {

/// A program that serves one connection: what arrives goes to its stdin, its stdout to the peer.
/// The peer's FIN is the end of its stdin. The end of its stdout is our FIN; once the program has
/// exited as well, the connection closes as soon as the peer has acknowledged everything. A program
/// that outlives its connection gets SIGTERM after 2 s, and SIGKILL 2 s later. The socket must be
/// created with allow_half_open.
class Child {
 public:
  struct Events {
    /// It cannot be started: a positive errno. The connection is closed.
    std::function<void(int err)> failed;
    /// It has exited with `status`, or (`status` 0) by a signal.
    std::function<void(int status, int signum)> exited;
    /// Connection and program are gone. This object may be destroyed in the next tick.
    std::function<void()> over;
  };
  /// `hooks`: of the connection; `done` and `output_failed` are not called.
  Child(net::Engine& engine, std::vector<std::string> words, const DataOptions& data, Hooks hooks,
        Events events);
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  /// Who serves the connection.
  net::SocketHandler& handler() { return duplex_; }
  /// The connection is there: starts the program.
  void start(net::Socket& socket);
  /// The whole program ends: the connection is ended behind what is queued, the child by SIGTERM.
  void drain();
  /// The same at once.
  void abandon();
  [[nodiscard]] bool over() const {
    return closed_ && (process_ == nullptr || !process_->running());
  }

 private:
  /// Our ends of its stdin and stdout, and its own until it has started.
  struct Pipes {
    Pipes();
    ~Pipes();
    Pipes(const Pipes&) = delete;
    Pipes& operator=(const Pipes&) = delete;
    void close_childs();
    std::array<int, 2> in{-1, -1};
    std::array<int, 2> out{-1, -1};
    int err = 0;
  };

  Hooks wrap(Hooks hooks);
  void on_exit(int status, int signum);
  void after_exit();
  void on_closed();
  void insist();
  void report_if_over();

  net::Engine& engine_;
  std::vector<std::string> words_;
  Events events_;
  Pipes pipes_;
  Duplex duplex_;
  net::Socket* socket_ = nullptr;
  unsigned number_ = 0;  ///< of the connection
  std::unique_ptr<uv::Process> process_;
  bool closed_ = false;
  bool drained_ = false;
  bool over_told_ = false;
  std::uint64_t given_before_ = 0;  ///< by its stdout, at the last look after its exit
  uv::Timer after_exit_;            ///< somebody else may hold its stdout open
  uv::Timer insist_;                ///< it should have exited by then
  int next_signal_;
};

}  // namespace tcpkit::flow
