#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "trace/tracer.h"
#include "uv/hooks.h"
#include "uv/loop.h"
#include "uv/timer.h"

namespace tcpkit::net {

class Listener;
class Socket;
class Watcher;

/// What all connections of a run share: the loop, the trace, the one read buffer, the numbers of
/// connections, and the list of what is alive. Owns none of the sockets and listeners.
class Engine {
 public:
  Engine(uv::Loop& loop, trace::Tracer& tracer, std::size_t read_size);
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;
  ~Engine() = default;

  uv::Loop& loop() { return loop_; }
  trace::Tracer& tracer() { return tracer_; }
  /// One for all sockets: its content is consumed before the callback that filled it returns.
  std::string& read_buffer() { return read_buffer_; }
  unsigned next_connection() { return ++connections_; }
  /// What next_connection() will return.
  [[nodiscard]] unsigned upcoming_connection() const { return connections_ + 1; }
  /// The program ends: what closes from now on does so for that reason.
  void set_ending() { ending_ = true; }
  [[nodiscard]] bool ending() const { return ending_; }

  /// For the rest of the run, before there is a connection; the caller's.
  void add(Watcher* watcher) { watchers_.push_back(watcher); }
  [[nodiscard]] const std::vector<Watcher*>& watchers() const { return watchers_; }

  // What is listed here keeps the loop alive, also while it waits for nothing (paused).
  void add(Socket* socket);
  void remove(Socket* socket);
  void add(Listener* listener);
  void remove(Listener* listener);
  /// Copies: what is called on them may change the lists.
  [[nodiscard]] std::vector<Socket*> sockets() const { return sockets_; }
  [[nodiscard]] std::vector<Listener*> listeners() const { return listeners_; }

 private:
  void settle();
  void keep_alive() { flush_.keep_alive(!sockets_.empty() || !listeners_.empty()); }

  uv::Loop& loop_;
  trace::Tracer& tracer_;
  std::string read_buffer_;
  unsigned connections_ = 0;
  bool ending_ = false;
  std::vector<Socket*> sockets_;
  std::vector<Watcher*> watchers_;
  std::vector<Listener*> listeners_;
  uv::BeforeSleep flush_;
  uv::Timer ripe_;  ///< while records are held
};

}  // namespace tcpkit::net
