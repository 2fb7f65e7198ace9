#pragma once

#include <string>
#include <vector>

#include "cmd/run/roster.h"
#include "cmd/run/server.h"
#include "cmd/run/session.h"
#include "flow/child.h"

namespace tcpkit::cmd {

/// A server whose connections are each served by a program of their own. Lives on the session's
/// loop, and is gone before the session.
class ChildServer {
 public:
  /// `options.one_shot`: the exit status is the program's. The words and `data` are those of each
  /// child; `words` must outlive this object.
  ChildServer(Session& session, Server::Options options, const std::vector<std::string>& words,
              const flow::DataOptions& data);
  /// The exit status.
  int run();

 private:
  net::SocketHandler& serve();
  flow::Hooks hooks();
  flow::Child::Events events();
  void on_exit(int status, int signum);
  void on_failed(int err);

  Session& session_;
  const std::vector<std::string>& words_;
  flow::DataOptions data_;
  bool one_shot_;
  Roster<flow::Child> children_;
  Server server_;
};

}  // namespace tcpkit::cmd
