#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "flow/probe_attempt.h"
#include "net/engine.h"
#include "uv/hooks.h"
#include "uv/timer.h"

namespace tcpkit::flow {

/// Finds out which ports of a host are open: one attempt to connect per port, with a bounded number
/// in flight. If a host has several addresses, a port is open if it is open on one of them: the
/// next address is tried until then.
class Scan {
 public:
  struct Options {
    std::vector<Address> addresses;    ///< in the order to try them; not empty
    std::vector<std::uint16_t> ports;  ///< in the order to try them; not empty
    std::size_t concurrency = 1;       ///< attempts in flight
    int rate = 0;                      ///< attempts per second; 0: no limit
    AttemptOptions attempt;
  };

  /// What is known of a port.
  struct Answer {
    enum class Is { unknown, open, refused, silent, failed };
    Is is = Is::unknown;
    std::string code{};  ///< of `failed`: "EHOSTUNREACH"
  };

  struct Hooks {
    /// The answer of options.ports[index] is known. The order of the ports is not kept.
    std::function<void(std::size_t index, const Answer& answer)> settled;
    /// Once: all ports are settled.
    std::function<void()> done;
    /// Once, in place of `done`: no port can be tried, for this reason.
    std::function<void(const Error& error)> failed;
  };

  /// `resolver` is not asked: the addresses are numeric.
  Scan(net::Engine& engine, dns::Resolver& resolver, Options options, Hooks hooks);
  ~Scan();
  Scan(const Scan&) = delete;
  Scan& operator=(const Scan&) = delete;

  void start() { work_.start(); }
  /// Gives up what is in flight; nothing is reported any more.
  void stop();
  /// Attempts that have begun.
  [[nodiscard]] std::size_t attempts() const { return attempts_; }

 private:
  using Clock = std::chrono::steady_clock;

  /// A port that is to be tried on one of the addresses.
  struct Task {
    std::size_t port = 0;
    std::size_t address = 0;
    std::optional<Clock::time_point> first_try{};  ///< there was no room then
  };
  struct Flying {
    Task task;
    Clock::time_point deadline;
    std::unique_ptr<ProbeAttempt> attempt;
  };
  using Flight = std::list<Flying>::iterator;

  void work();
  bool is_due();
  bool has_tasks() const { return next_ < options_.ports.size() || !again_.empty(); }
  bool has_slot() const { return flying_.size() < options_.concurrency; }
  Task take_task();
  void begin(const Task& task);
  /// Adds an attempt to those in flight: the one that `attempt` makes when given the callback.
  template <class Attempt>
  void fly(const Task& task, Attempt attempt);
  void on_outcome(Flight flight, net::Probe::Finding finding);
  void judge(const Task& task, net::Probe::Finding finding);
  void wait_for_room(Task task, const net::Probe::Finding& finding);
  void settle(const Task& task, Answer answer);
  void start_deadline();
  void on_deadline();
  void go_on();
  void fail(const Error& error);

  net::Engine& engine_;
  dns::Resolver& resolver_;
  Options options_;
  Hooks hooks_;
  bool traced_;
  net::Probe::Options probe_options_;
  std::vector<std::unique_ptr<net::Probe>> probes_;  ///< the next one of each address; may be null
  std::vector<Answer> answers_;                      ///< the best one so far
  std::size_t next_ = 0;      ///< index of the first port that was not tried yet
  std::deque<Task> again_;    ///< ports that were, and have priority
  std::list<Flying> flying_;  ///< in the order of their deadlines
  std::size_t unsettled_;
  std::size_t attempts_ = 0;
  Clock::time_point next_due_;  ///< of --rate
  bool waits_for_room_ = false;
  bool over_ = false;
  uv::Busy work_;
  uv::Timer pause_;     ///< until the rate permits more, or there may be room
  uv::Timer deadline_;  ///< of the oldest attempt in flight
};

}  // namespace tcpkit::flow
