#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "net/engine.h"
#include "net/socket.h"
#include "script/early_records.h"
#include "script/runner.h"
#include "script/script.h"
#include "trace/tracer.h"
#include "uv/task.h"

namespace tcpkit::script {

/// Has the steps of a command run by its connections: a client's by that client; a listener's once
/// by itself, up to the first that needs a connection, and the rest by each connection that it
/// accepts. Hears of all that happens through the tracer. Owned by the command for the whole run.
class Director : public trace::Observer {
 public:
  struct Hooks {
    /// A step failed, of `socket` or (nullptr) of the listener or of a connection that is gone.
    std::function<void(net::Socket* socket, const std::string& text)> failed;
    std::function<void(const std::string& text)> notice;
    /// The steps of an open connection are over, all passed; `closed`: one of them closed it.
    std::function<void(net::Socket& socket, bool closed)> passed;
    /// As Runner's.
    std::function<void(const std::string& text, bool of_stdin)> unsent = nullptr;
  };

  /// `listener`: the script is a server's.
  Director(net::Engine& engine, const Script& script, bool listener, Hooks hooks);
  ~Director() override;
  Director(const Director&) = delete;
  Director& operator=(const Director&) = delete;

  /// Begins the listener's own steps. To be called before it listens.
  void start_listener();
  /// Records of the connection count from now on.
  void watch(net::Socket& socket);
  /// Begins the steps of a watched connection; a listener's own come first.
  void start(net::Socket& socket);
  /// Both, of a connection just accepted.
  void watch_and_start(net::Socket& socket) {
    watch(socket);
    start(socket);
  }
  /// Ends all steps, without another hook.
  void stop();

  void on_record(const record::Record& record) override;

 private:
  void begin_waiting();
  void forget_gone(unsigned number);
  [[nodiscard]] Runner::Hooks hooks_for(unsigned number);

  net::Engine& engine_;
  const Script& script_;
  Hooks hooks_;
  std::size_t prelude_;
  bool hears_listener_ = false;  ///< a connection's steps look at the listener's records, too
  bool stopped_ = false;
  std::unique_ptr<Runner> listener_;
  std::map<unsigned, std::unique_ptr<Runner>> connections_;  ///< by number
  EarlyRecords early_;
  std::vector<unsigned> waiting_;  ///< for the listener's own steps to be over
  uv::Task later_{engine_.loop()};
};

}  // namespace tcpkit::script
