#include "cmd/run/client.h"

#include <utility>

#include "base/duration.h"
#include "cmd/run/describe.h"
#include "cmd/run/session.h"

namespace tcpkit::cmd {

Client::Client(Session& session, ClientOwner& owner, const Endpoint& target,
               const ClientGroup& group, const net::Socket::Options& socket)
    : session_(session),
      owner_(owner),
      target_(target),
      group_(group),
      options_(socket),
      tries_left_(group.retries),
      retry_timer_(session.loop(), [this] { open(); }),
      resolver_(group.make_resolver(session.loop(), target)) {}

net::Socket& Client::begin() {
  unconnected_.reset();
  was_connected_ = false;
  net::Socket& socket = net::Socket::create_client(session_.engine(), owner_.begin_try(), options_);
  dialer_ = std::make_unique<net::Dialer>(socket, *resolver_, group_.dial, options_.socket);
  connecting_ = &socket;
  owner_.before_connect(socket);
  return socket;
}

void Client::open() {
  net::Socket& socket = begin();
  dialer_->connect(target_);
  owner_.after_connect(socket);
}

void Client::adopt(int fd) {
  net::Socket& socket = begin();
  dialer_->adopt(fd);
  owner_.after_connect(socket);
}

void Client::abandon() {
  stop();
  if (connecting_ != nullptr) connecting_->destroy();
}

bool Client::failed(const net::Socket& socket, const Error& error) {
  if (socket.was_connected()) return false;
  before_ = unconnected_ = error;
  return true;
}

void Client::closed() {
  connecting_ = nullptr;  // also if a time limit or the end of the program closed it
  if (!unconnected_) return;
  const std::string text = describe_unconnected(target_.to_string(), *unconnected_);
  if (tries_left_ == 0 || session_.stopping()) {
    return owner_.on_unreached(exit_of(*unconnected_), text);
  }
  --tries_left_;
  if (session_.verbose()) {
    session_.say(text + "; trying again in " + format_duration(group_.retry_delay));
  }
  retry_timer_.start(group_.retry_delay);
}

std::string Client::last_failure() const {
  if (was_connected_ || !dialer_) return {};
  return describe_failures(target_.to_string(), dialer_->failures(), before_);
}

}  // namespace tcpkit::cmd
