#pragma once

#include <cstdint>
#include <optional>

#include "base/address.h"
#include "base/error.h"
#include "net/socket_options.h"

namespace tcpkit::net {

/// Attempts to connect that are made only to see what a port answers: no Socket, no records, as few
/// system calls as possible. Owns the descriptor, and closes it with a RST if there was a
/// connection, so that no TIME_WAIT holds a port pair.
class Probe {
 public:
  struct Options {
    std::optional<Address> local_address;
    std::uint16_t local_port = 0;
    SocketOptions socket;
  };

  /// What is known of the attempt.
  struct Finding {
    enum class Is {
      in_progress,
      open,
      refused,
      silent,   ///< the kernel has given up, after its own time
      failed,   ///< the kernel or an ICMP message reports another error
      no_room,  ///< no descriptor or no local port is free at present: no attempt was made
      unusable  ///< no attempt can be made with these options, to any port
    };
    Is is = Is::in_progress;
    /// Of `failed`, `no_room` and `unusable`: the error and the call that it is of.
    std::optional<Error> error{};
  };

  Probe() = default;
  ~Probe();
  Probe(const Probe&) = delete;
  Probe& operator=(const Probe&) = delete;

  /// Sends the SYN and asks at once what came of it: on loopback the answer is there already. For
  /// the first attempt, and for the next one while is_reusable(); with the same options, and to an
  /// address of the same family.
  Finding start(const Address& remote, const Options& options);
  /// Asks again, after poll(2) has reported the descriptor as writable or (not `writable`) as in
  /// error, or after the time is over.
  Finding look(bool writable);
  /// True after a refusal that came at once: Linux connects such a socket again, from another local
  /// port. That saves socket(2) and close(2).
  [[nodiscard]] bool is_reusable() const { return reusable_; }
  [[nodiscard]] int fd() const { return fd_; }

 private:
  std::optional<Finding> prepare(const Options& options);
  Finding connected();
  [[nodiscard]] Finding failed(int err) const;

  Address remote_;
  int fd_ = -1;
  bool reusable_ = false;
};

/// The finding of a connect(2) to `remote` that failed with `err`.
Probe::Finding probe_failure(int err, const Address& remote);

/// The same of a socket(2) for it.
Probe::Finding probe_shortage(int err, const Address& remote);

}  // namespace tcpkit::net
