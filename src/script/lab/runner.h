#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "script/lab/actor.h"
#include "script/lab/lab.h"
#include "script/lab/wire.h"
#include "trace/tracer.h"
#include "uv/loop.h"
#include "uv/timer.h"

namespace tcpkit::script {

/// Runs the lines of a lab from the first to the last, each when the one before is done: an opening
/// when it listens or has begun to connect, an `expect` when it came, everything else when it was
/// done. One thread and one loop for all actors. Owned by the command for the whole run.
class LabRunner {
 public:
  struct Hooks {
    /// A line failed; the text begins with its place. The last call.
    std::function<void(const std::string& text)> failed;
    /// The lab could not be run: no fault of what it expects. The last call.
    std::function<void(const std::string& text)> broken;
    std::function<void(const std::string& text)> notice;
    /// All lines have passed. The last call.
    std::function<void()> over;
  };

  /// `tracer`: the lab's own, which writes into the trace already. All must outlive it.
  LabRunner(uv::Loop& loop, trace::Tracer& tracer, const Lab& lab, const LabStage& stage,
            Hooks hooks);

  void start() { advance(); }
  /// Ends all connections in order.
  void stop();
  /// What is still there, at once.
  void destroy();

 private:
  void advance();
  void begin(const LabLine& line);
  void begin_own(const LabLine& line);
  void passed();
  void end(const std::function<void(const std::string& text)>& hook, const std::string& text);
  [[nodiscard]] const Address* address_of(const std::string& name) const;

  trace::Tracer& tracer_;
  const Lab& lab_;
  LabStage stage_;
  Hooks hooks_;
  LabWire wire_;
  std::vector<std::unique_ptr<LabActor>> actors_;  ///< by index; of the lab itself nullptr
  uv::Timer timer_;                                ///< of the lab's own sleep
  std::size_t at_ = 0;
  bool begun_ = false;
  bool done_ = false;
  bool running_ = false;
  bool over_ = false;
};

}  // namespace tcpkit::script
