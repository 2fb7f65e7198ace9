#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "script/lab/actor.h"
#include "script/lab/parse.h"

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

  /// A line of a lab that would leave the loopback interface.
  struct Outside {
    std::size_t line;
    std::string text;
    std::string what;  ///< the address or the interface
  };
  /// For a lab without a network of its own, before anything is opened: the first such line. From
  /// now on whoever listens on all addresses is bound to the loopback interface.
  std::optional<Outside> confine(const script::Lab& lab);

  [[nodiscard]] std::unique_ptr<net::Listener> make_listener(net::Engine& engine,
                                                             net::ListenerHandler& handler,
                                                             const script::Opening& opening) const;
  [[nodiscard]] std::unique_ptr<script::LabClient> make_client(
      net::Engine& engine, net::SocketHandler& handler, const script::Opening& opening) const;

 private:
  class Plan;
  std::vector<std::unique_ptr<Plan>> plans_;  ///< by Opening::plan
  std::set<std::size_t> confined_;            ///< listeners to be bound to loopback, by plan
};

}  // namespace tcpkit::cmd
