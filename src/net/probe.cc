#include "net/probe.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "net/addresses.h"
#include "net/tcp_state.h"
#include "os/route.h"

namespace tcpkit::net {
namespace {

using Is = Probe::Finding::Is;

}  // namespace

Probe::~Probe() {
  if (fd_ >= 0) ::close(fd_);
}

Probe::Finding probe_failure(int err, const Address& remote) {
  if (err == ECONNREFUSED) return {Is::refused};
  if (err == ETIMEDOUT) return {Is::silent};
  Error error = system_error(err, "connect", remote.host(), remote.port());
  // Other connections use all local ports, unless there is no local address at all.
  const bool busy = err == EAGAIN || (err == EADDRNOTAVAIL && os::has_source_for(remote));
  return {busy ? Is::no_room : Is::failed, std::move(error)};
}

Probe::Finding probe_shortage(int err, const Address& remote) {
  const bool is_short = err == EMFILE || err == ENFILE || err == ENOBUFS || err == ENOMEM;
  return {is_short ? Is::no_room : Is::failed, system_error(err, "socket", remote.host())};
}

std::optional<Probe::Finding> Probe::prepare(const Options& options) {
  fd_ = ::socket(remote_.get()->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd_ < 0) return probe_shortage(errno, remote_);
  if (const auto e =
          apply_options(fd_, remote_.family(), options.socket, SocketOption::Stage::early, nullptr))
    return Finding{Is::unusable, system_error(e->err, "setsockopt", e->option)};
  if (!options.local_address && options.local_port == 0) return {};
  if (options.local_port != 0) {
    // All probes share the port; and a connection from it that is in TIME_WAIT does not hold it.
    const int on = 1;
    ::setsockopt(fd_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  }
  const Address local =
      options.local_address.value_or(*Address::from_ip(remote_.family() == 4 ? "0.0.0.0" : "::", 0))
          .with_port(options.local_port);
  if (::bind(fd_, local.get(), local.size()) == 0) return {};
  const int err = errno;
  const bool ports_are_used = err == EADDRINUSE && options.local_port == 0;
  return Finding{ports_are_used ? Is::no_room : Is::unusable,
                 system_error(err, "bind", local.host(), local.port())};
}

Probe::Finding Probe::start(const Address& remote, const Options& options) {
  remote_ = remote;
  if (!reusable_) {
    if (auto fault = prepare(options)) return *fault;
  }
  reusable_ = false;
  if (::connect(fd_, remote.get(), remote.size()) == 0) return connected();
  if (errno != EINPROGRESS) return failed(errno);
  // The second call returns the outcome of the first, and ends it if it was a failure.
  if (::connect(fd_, remote.get(), remote.size()) == 0) return connected();
  const int err = errno;
  if (err == EALREADY) return {Is::in_progress};
  // Only a connection is reset; a SYN is refused.
  if (err == ECONNRESET || err == EPIPE) return {Is::open};
  reusable_ = err == ECONNREFUSED;
  return failed(err);
}

Probe::Finding Probe::look(bool writable) {
  const Handshake handshake = handshake_of(fd_, writable);
  switch (handshake.is) {
    case Handshake::Is::in_progress:
      return {Is::in_progress};
    case Handshake::Is::failed:
      return failed(handshake.err);
    case Handshake::Is::done:
      break;
  }
  return connected();
}

Probe::Finding Probe::connected() {
  const linger now{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  const auto local = local_address(fd_);
  // Its SYN met itself, which RFC 9293 calls a simultaneous open: nothing is listening there.
  return {local && local == remote_address(fd_) ? Is::refused : Is::open};
}

Probe::Finding Probe::failed(int err) const {
  return probe_failure(err, remote_);
}

}  // namespace tcpkit::net
