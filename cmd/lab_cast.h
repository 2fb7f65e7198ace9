#pragma once

#include <memory>
#include <string>
#include <vector>

#include "script/lab_actor.h"
#include "script/lab_parse.h"

namespace tcpkit::cmd {

/// The actors of a lab as the command line knows them: what stands behind `listen` and `connect` is
/// read by the declarations of these commands, and makes listeners and clients.
class LabCast {
 public:
  LabCast();
  ~LabCast();
  LabCast(const LabCast&) = delete;
  LabCast& operator=(const LabCast&) = delete;

  /// This object must outlive it.
  [[nodiscard]] script::LabDialect dialect();

  [[nodiscard]] std::unique_ptr<net::Listener> make_listener(net::Engine& engine,
                                                             net::ListenerHandler& handler,
                                                             const script::Opening& opening) const;
  [[nodiscard]] std::unique_ptr<script::LabClient> make_client(
      net::Engine& engine, net::SocketHandler& handler, const script::Opening& opening) const;

 private:
  class Plan;
  std::vector<std::unique_ptr<Plan>> plans_;  ///< by Opening::plan
};

}  // namespace tcpkit::cmd
