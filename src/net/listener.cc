#include "net/listener.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "net/addresses.h"
#include "net/watcher.h"
#include "os/accept.h"

namespace tcpkit::net {
namespace {

/// As Node words it: a path carries port -1.
Error listen_error(int err, const Address& address) {
  if (!address.is_unix()) {
    return system_error_with_text(err, "listen", address.host(), address.port());
  }
  Error error = system_error_with_text(err, "listen", address.host());
  error.port = -1;
  return error;
}

/// True where the path is a socket on which nobody accepts.
bool is_dead_socket(const Address& address) {
  struct stat st {};
  if (::lstat(address.host().c_str(), &st) != 0 || !S_ISSOCK(st.st_mode)) return false;
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return false;
  const bool dead = ::connect(fd, address.get(), address.size()) != 0 && errno == ECONNREFUSED;
  ::close(fd);
  return dead;
}

}  // namespace

Listener::Listener(Engine& engine, ListenerHandler& handler, const ListenOptions& options,
                   const Socket::Options& socket_options)
    : engine_(engine),
      handler_(handler),
      options_(options),
      socket_options_(socket_options),
      accept_limit_(engine.loop(), [this] { on_accept_limit(); }),
      retry_timer_(engine.loop(),
                   [this] {
                     if (poll_ && !held_) poll_->watch(UV_READABLE);
                   }),
      later_(engine.loop()) {
  engine_.add(this);
}

Listener::~Listener() {
  if (fd_ >= 0) {
    poll_.reset();
    ::close(fd_);
    remove_path();
  }
  engine_.remove(this);
}

template <class B>
void Listener::emit(unsigned conn, B&& body) {
  if (engine_.tracer().wants(body.layer)) {
    engine_.tracer().emit(record::Role::listener, conn, {}, std::forward<B>(body));
  }
}

void Listener::listen(const Address& address) {
  const auto port = address.is_unix() ? std::nullopt : std::optional<int>(address.port());
  emit(0, record::call::Listen{address.host(), port, options_.backlog});
  start(open(address));
}

void Listener::listen_any(std::uint16_t port) {
  emit(0, record::call::Listen{"::", port, options_.backlog});
  auto error = open(*Address::from_ip("::", port));
  const bool no_ipv6 = error && (error->code == "EAFNOSUPPORT" || error->code == "EADDRNOTAVAIL");
  if (no_ipv6 && !options_.ipv6_only) error = open(*Address::from_ip("0.0.0.0", port));
  start(std::move(error));
}

void Listener::fail_lookup(const std::string& host, std::uint16_t port, Error error) {
  emit(0, record::call::Listen{host, port, options_.backlog});
  start(std::move(error));
}

void Listener::adopt(int fd) {
  fd_ = fd;
  ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
  ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  if (const auto name = local_address(fd)) address_ = *name;
  const auto port = address_.is_unix() ? std::nullopt : std::optional<int>(address_.port());
  emit(0, record::call::Listen{address_.host(), port, options_.backlog});
  for (Watcher* w : engine_.watchers())
    w->on_listening(address_);
  start(set_options(address_.family()));
}

std::optional<Error> Listener::set_options(int family) {
  const auto report = [&](std::string_view option, const std::string& value) {
    emit(0, record::call::SetSockOpt{option, value});
  };
  const auto failed =
      apply_options(fd_, family, socket_options_.socket, SocketOption::Stage::early, report);
  if (!failed) return {};
  return system_error(failed->err, "setsockopt", failed->option);
}

std::optional<Error> Listener::open(const Address& address) {
  address_ = address;
  fd_ = ::socket(address.get()->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const auto failed = [&](Error error) {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
    remove_path();
    return std::optional(std::move(error));
  };
  if (fd_ < 0) return failed(listen_error(errno, address));
  const auto flag = [&](int level, int option, int value) {
    return ::setsockopt(fd_, level, option, &value, sizeof value) == 0;
  };
  bool set = true;
  if (!address.is_unix()) {
    set = flag(SOL_SOCKET, SO_REUSEADDR, options_.reuse_address ? 1 : 0);
    if (options_.reuse_port) set = set && flag(SOL_SOCKET, SO_REUSEPORT, 1);
    if (address.family() == 6) {
      set = set && flag(IPPROTO_IPV6, IPV6_V6ONLY, options_.ipv6_only ? 1 : 0);
    }
  }
  if (!set) return failed(listen_error(errno, address));
  if (auto error = set_options(address.family())) return failed(std::move(*error));
  const int bound =
      address.is_unix() ? bind_unix(address) : ::bind(fd_, address.get(), address.size());
  if (bound != 0 || ::listen(fd_, options_.backlog) != 0)
    return failed(listen_error(errno, address));
  const auto name = local_address(fd_);
  if (!name) return failed(system_error(errno, "getsockname", address.host()));
  address_ = *name;
  for (Watcher* w : engine_.watchers())
    w->on_listening(address_);
  return {};
}

int Listener::bind_unix(const Address& address) {
  const std::string path = address.host();
  const bool abstract = path.starts_with('@');
  if (!abstract && options_.unix_unlink && is_dead_socket(address)) ::unlink(path.c_str());
  // The mode is there from the first moment: a chmod() later would leave a gap.
  const bool masked = !abstract && options_.unix_mode.has_value();
  const mode_t old = masked ? ::umask(~*options_.unix_mode & 0777U) : 0;
  const int result = ::bind(fd_, address.get(), address.size());
  const int err = errno;
  if (masked) ::umask(old);
  struct stat st {};
  if (result == 0 && !abstract && ::lstat(path.c_str(), &st) == 0) {
    made_path_ = {st.st_dev, st.st_ino};
  }
  errno = err;
  return result;
}

void Listener::start(std::optional<Error> error) {
  later_.defer([this, error = std::move(error)] {
    if (error) return fail(*error);
    if (closing_) return;  // closed in the same tick: never `listening`, as in Node
    poll_ = uv::Poll::create(engine_.loop(), fd_, this, [](void* owner, int events) {
      auto* self = static_cast<Listener*>(owner);
      if (events < 0) return self->unwatchable(-events);
      self->accept_waiting();
    });
    poll_->watch(UV_READABLE);
    if (poll_->refused() != 0) {
      const Error refusal = epoll_error(poll_->refused());
      poll_.reset();
      ::close(std::exchange(fd_, -1));
      remove_path();
      return fail(refusal);
    }
    emit(0, record::ev::Listening::at(address_));
    if (closing_) return;
    if (options_.accept_timeout.count() > 0) accept_limit_.start(options_.accept_timeout);
    handler_.on_listening(*this);
  });
}

void Listener::fail(const Error& error) {
  engine_.remove(this);  // first: nobody who hears of it can close what never listened
  emit(0, record::ev::Failure{error});
  handler_.on_error(*this, error);
}

Error Listener::epoll_error(int err) const {
  const bool is_unix = address_.is_unix();
  return system_error(err, "epoll_ctl", address_.host(),
                      is_unix ? std::nullopt : std::optional<int>(address_.port()));
}

/// The kernel does not report clients any more.
void Listener::unwatchable(int err) {
  const Error error = epoll_error(err);
  emit(0, record::ev::Failure{error});
  handler_.on_error(*this, error);
  close();
}

void Listener::accept_waiting() {
  static constexpr int most_accepts = 64;  // then let the connections have their turn
  for (int i = 0; i < most_accepts && !closing_ && !held_; ++i) {
    const int fd = os::accept_client(fd_);
    if (fd >= 0) {
      accepted(fd);
    } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      return out_of_descriptors(errno);
    } else if (errno != ECONNABORTED && errno != EINTR) {
      starved_ = false;  // nobody waits any more
      return;
    }
  }
}

void Listener::on_accept_limit() {
  // A client that waits for us to accept it is a client: we hold it, or have no descriptor for it.
  pollfd waiting{fd_, POLLIN, 0};
  if (::poll(&waiting, 1, 0) > 0) return accept_limit_.start(options_.accept_timeout);
  report_timeout(record::ev::TimeoutKind::accept, options_.accept_timeout, "--accept-timeout");
  handler_.on_accept_timeout(*this);
  close();
}

void Listener::hold(bool on) {
  held_ = on;
  if (poll_) poll_->watch(on ? 0 : UV_READABLE);
}

/// The client stays in the backlog until a descriptor is free; polling on would only spin.
void Listener::out_of_descriptors(int err) {
  static constexpr std::chrono::milliseconds pause{100};
  poll_->watch(0);
  retry_timer_.start(pause);
  if (std::exchange(starved_, true)) return;
  handler_.on_error(*this, system_error_with_text(err, "accept"));
}

/// What Node asks between accept and `connection`, in its order; says why. A client that is turned
/// away uses up no number and is not the first client of anything.
bool Listener::turned_away(const record::Ends& ends) {
  if (options_.max_connections && connections_ >= *options_.max_connections) {
    emit(0, record::ev::Drop{record::names_of(ends), "maxConnections", "--max-connections"});
    return true;
  }
  if (!options_.rules || !options_.rules->active() || address_.is_unix()) return false;
  if (!ends.remote) {
    // It reset before accept: nobody can say whether it may connect.
    emit(0, record::ev::Drop{record::names_of(ends), "unknownPeer", options_.rules->option()});
    return true;
  }
  const auto refusal = options_.rules->check(*ends.remote);
  if (!refusal) return false;
  ++blocked_;
  emit(0,
       record::ev::Blocked{record::names_of(ends), refusal->rule, refusal->list, refusal->option});
  return true;
}

void Listener::accepted(int fd) {
  const record::Ends ends{local_address(fd), remote_address(fd)};
  client_is_gone_ = !ends.remote && errno == ENOTCONN;
  if (turned_away(ends)) {
    ::close(fd);
    return;
  }
  if (!client_is_gone_) accept_limit_.stop();
  ++connections_;
  Socket& socket = Socket::create_server(engine_, handler_.on_accept(*this, ends), socket_options_,
                                         fd, ends, [this] { connection_gone(); });
  emit(socket.number(), record::ev::Connection{record::names_of(ends), connections_});
  handler_.on_connection(*this, socket);
  socket.start();
}

void Listener::connection_gone() {
  --connections_;
  if (retry_timer_.active() && poll_) {
    retry_timer_.start(std::chrono::milliseconds(0));
  }
  emit_close_if_drained();
}

void Listener::close() {
  if (closing_) return;
  closing_ = true;
  emit(0, record::call::Close{});
  accept_limit_.stop();
  retry_timer_.stop();
  poll_.reset();
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  remove_path();
  emit_close_if_drained();
}

void Listener::emit_close_if_drained() {
  if (!closing_ || connections_ > 0 || close_emitted_) return;
  close_emitted_ = true;
  later_.defer([this] {
    emit(0, record::ev::ListenerClose{});
    engine_.remove(this);
    handler_.on_close(*this);
  });
}

void Listener::remove_path() {
  if (!made_path_) return;
  const std::string path = address_.host();
  struct stat st {};
  // Only what we made: somebody may have put another socket there meanwhile.
  if (::lstat(path.c_str(), &st) == 0 && *made_path_ == std::pair{st.st_dev, st.st_ino}) {
    ::unlink(path.c_str());
  }
  made_path_.reset();
}

void Listener::report_timeout(record::ev::TimeoutKind kind, std::chrono::milliseconds limit,
                              std::string_view option) {
  emit(0, record::ev::Timeout{limit.count(), to_string(kind), option});
}

}  // namespace tcpkit::net
