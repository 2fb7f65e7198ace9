#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "net/socket.h"
#include "os/vanish.h"
#include "script/feed.h"
#include "script/history.h"
#include "script/lifecycle.h"
#include "script/matcher.h"
#include "script/script.h"
#include "script/search.h"
#include "uv/limit.h"

namespace tcpkit::script {

/// Walks steps against one connection, or, without one, against the listener. It is shown the
/// records as they happen; a step that waits for one goes on inside that event. Owned by the
/// Director; one thread, as everything here.
class Runner {
 public:
  struct Hooks {
    /// A step failed; the text begins with its place. on_over follows.
    std::function<void(const std::string& text)> failed;
    /// A line for people that is no failure.
    std::function<void(const std::string& text)> notice;
    /// The last call: all steps have passed, or one failed.
    std::function<void()> over;
    /// A step that next() let begin has passed.
    std::function<void()> passed = nullptr;
    /// The connection is gone, and not all that was sent has reached the kernel; `of_stdin`: bytes
    /// of stdin are among it.
    std::function<void(const std::string& text, bool of_stdin)> unsent = nullptr;
  };

  /// Of the steps with index `first` up to, not including, `last`. `socket`: nullptr for the
  /// listener's own steps. Records count from now on.
  Runner(net::Engine& engine, const Script& script, std::size_t first, std::size_t last,
         net::Socket* socket, Hooks hooks);
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;
  ~Runner() = default;

  /// Begins with the first step.
  void start();
  /// In place of start(), for a lab: one more step may begin, the first at the first call.
  void next();
  /// No step is begun any more, and none fails.
  void stop();
  /// A record of the connection or of the listener.
  void see(const record::Record& record);

  [[nodiscard]] bool over() const { return over_; }
  [[nodiscard]] bool failed() const { return failed_; }
  /// nullptr once `close` has come.
  [[nodiscard]] net::Socket* socket() const { return socket_; }
  /// True where a step asked for the end of the connection, or vanished from it.
  [[nodiscard]] bool closed_by_step() const { return closed_by_step_; }

 private:
  enum class Clock { stopped, running, expired };
  struct Perform;
  friend struct Perform;

  void advance();
  void advance_soon();
  bool perform(const Step& step);
  bool start_clock(std::chrono::milliseconds duration);
  void on_clock();
  void fail(const Step& step, const std::string& what);
  void note(const std::string& text);
  bool closed(const Step& step);
  bool apply(const Step& step);
  void apply_deferred();
  void on_close(const record::ev::Close& close);
  void end_waiting();

  net::Engine& engine_;
  const Script& script_;
  std::size_t at_;
  std::size_t last_;
  std::size_t released_;  ///< the first step that may not begin yet
  net::Socket* socket_;
  unsigned number_;
  record::Role role_;
  Hooks hooks_;
  LayeredMatcher matcher_;
  Lifecycle lifecycle_;
  bool looks_at_calls_;
  std::map<record::Layer, History> histories_;
  std::size_t expected_ = 0;  ///< `expect`s that have passed
  uv::Limit timer_;
  Clock clock_ = Clock::stopped;
  std::unique_ptr<Feed> feed_;
  std::uint64_t stdin_until_ = 0;     ///< bytes written when the last ones of stdin were
  const Pattern* refuted_ = nullptr;  ///< what must not come now
  std::optional<Search> refuted_text_;
  std::string refuted_by_;             ///< the record that came all the same
  std::vector<const Step*> deferred_;  ///< take effect when the connection is there
  std::optional<os::Vanished> vanished_;
  bool closed_by_step_ = false;
  bool started_ = false;
  bool running_ = false;
  bool soon_ = false;  ///< advance() runs in the next tick
  bool over_ = false;
  bool failed_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace tcpkit::script
