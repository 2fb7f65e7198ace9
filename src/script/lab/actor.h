#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "net/engine.h"
#include "net/listener.h"
#include "net/socket.h"
#include "script/early_records.h"
#include "script/lab/lab.h"
#include "script/lab/wire.h"
#include "script/runner.h"
#include "trace/tracer.h"

namespace tcpkit::script {

/// A client that can be told where to connect to. Made by the command, which knows its options.
class LabClient {
 public:
  LabClient() = default;
  virtual ~LabClient() = default;
  LabClient(const LabClient&) = delete;
  LabClient& operator=(const LabClient&) = delete;
  [[nodiscard]] virtual net::Socket& socket() = 0;
  virtual void connect(const Endpoint& target) = 0;
};

/// What a lab needs of the command.
struct LabStage {
  /// Has an actor's tracer write into the trace.
  std::function<void(trace::Tracer&)> join_trace;
  /// Has somebody look at the connections of an actor from below.
  std::function<void(net::Engine&)> watch;
  std::function<std::unique_ptr<net::Listener>(net::Engine&, net::ListenerHandler&, const Opening&)>
      make_listener;
  std::function<std::unique_ptr<LabClient>(net::Engine&, net::SocketHandler&, const Opening&)>
      make_client;
};

/// One of those who act in a lab, with an engine and a tracer of its own: a client, which has one
/// connection after another, or a listener and the connections that it accepts. Its lines are known
/// from the start; each begins when it is told. Owned by the LabRunner.
class LabActor : public trace::Observer, public net::SocketHandler, public net::ListenerHandler {
 public:
  struct Hooks {
    /// The line that begin() was called for is done.
    std::function<void()> passed;
    /// It failed; the text begins with its place.
    std::function<void(const std::string& text)> failed;
    /// Something that has nothing to do with an expectation: a port in use, no permission.
    std::function<void(const std::string& text)> broken;
    std::function<void(const std::string& text)> notice;
  };

  /// Of the lines of actor `index`. Lab, stage and wire must outlive it.
  LabActor(uv::Loop& loop, record::Epoch epoch, const Lab& lab, std::size_t index,
           const LabStage& stage, LabWire& wire, Hooks hooks);
  ~LabActor() override;
  LabActor(const LabActor&) = delete;
  LabActor& operator=(const LabActor&) = delete;

  /// Begins this line of its own. `other`: where the other end listens, of an opening that names
  /// one.
  void begin(const LabLine& line, const Address* other);
  /// Ends all connections in order, and begins nothing any more.
  void stop();
  /// What is still there, at once.
  void destroy();

  /// Where it listens; nullptr where it does not.
  [[nodiscard]] const Address* address() const;

  using net::SocketHandler::on_error;  // not hidden by the listener's
  void on_record(const record::Record& record) override;
  void on_listening(net::Listener& listener) override;
  SocketHandler& on_accept(net::Listener& /*listener*/, const record::Ends& /*ends*/) override {
    return *this;
  }
  void on_connection(net::Listener& listener, net::Socket& socket) override;
  void on_error(net::Listener& listener, const Error& error) override;

 private:
  /// Steps in a row for one connection, or for the listener.
  struct Part {
    Script script;
    std::unique_ptr<Runner> runner;
  };

  void assign();
  Part& part_of(const LabLine& line) { return *parts_[of_line_.at(line.line)]; }
  void make_runner(Part& part, net::Socket* socket);
  void open(const LabLine& line, const Opening& opening, const Address* other);
  void listen(const Opening& opening, const Address* other);
  void connect(const LabLine& line, const Opening& opening, const Address& other);
  void bind_udp(const LabLine& line, const Address& other);
  void act(const LabLine& line);
  void drop(const LabLine& line, bool on);
  void wait_for_connection(const LabLine& line);
  void fail(const LabLine& line, const std::string& what);
  static std::string deed(const LabLine& line);

  uv::Loop& loop_;
  const Lab& lab_;
  std::size_t index_;
  const LabStage& stage_;
  LabWire& wire_;
  Hooks hooks_;
  trace::Tracer tracer_;
  std::unique_ptr<net::Engine> engine_;
  std::unique_ptr<net::Listener> listener_;
  std::vector<std::unique_ptr<LabClient>> clients_;
  bool listens_ = false;
  bool listening_ = false;
  bool keep_open_ = false;
  bool failed_listening_ = false;
  bool stopped_ = false;
  int udp_ = -1;
  std::vector<std::unique_ptr<Part>> parts_;    ///< of a listener the first is its own
  std::map<std::size_t, std::size_t> of_line_;  ///< by line: which of them
  std::vector<std::size_t> connections_;        ///< by number, from 1: which part; 0: none
  std::size_t accepted_ = 0;
  EarlyRecords early_;
  const LabLine* waiting_ = nullptr;  ///< for its connection, or for `listening`
  uv::Timer timer_;
};

}  // namespace tcpkit::script
