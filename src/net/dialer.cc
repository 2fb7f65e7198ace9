#include "net/dialer.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "dns/resolver.h"
#include "net/addresses.h"
#include "net/attempt_finding.h"
#include "net/tcp_state.h"
#include "net/watcher.h"

namespace tcpkit::net {
namespace {

/// As Node words it; it has no number, since no system call was made.
Error blocked_error(const Address& address) {
  Error error;
  error.code = "ERR_IP_BLOCKED";
  error.address = address.host();
  error.port = address.port();
  error.message = fmt::format("IP({}) is blocked by net.BlockList", error.address);
  return error;
}

}  // namespace

std::vector<Address> order_addresses(const std::vector<Address>& found) {
  std::vector<Address> first;
  std::vector<Address> second;
  for (const Address& a : found) {
    auto& list = a.family() == found.front().family() ? first : second;
    if (std::find(list.begin(), list.end(), a) == list.end()) list.push_back(a);
  }
  std::vector<Address> ordered;
  for (std::size_t i = 0; i < std::max(first.size(), second.size()); ++i) {
    if (i < first.size()) ordered.push_back(first[i]);
    if (i < second.size()) ordered.push_back(second[i]);
  }
  return ordered;
}

Dialer::Dialer(Socket& socket, dns::Resolver& resolver, const DialOptions& options,
               const SocketOptions& socket_options)
    : socket_(socket),
      loop_(socket.engine().loop()),
      resolver_(resolver),
      options_(options),
      socket_options_(socket_options),
      attempt_timer_(loop_, [this] { attempt_timed_out(); }),
      connect_timer_(loop_, [this] { on_connect_timeout(); }) {
  socket.set_opening(this);
}

Dialer::~Dialer() {
  close_fd();
}

void Dialer::connect(const Endpoint& target) {
  target_ = target;
  socket_.note_life([](Life& life) { life.begin(); });
  if (options_.connect_timeout.count() > 0) connect_timer_.start(options_.connect_timeout);
  if (target.is_unix()) {
    const bool abstract = target.kind == Endpoint::Kind::unix_abstract;
    addresses_ = {*Address::from_path(target.path, abstract)};
    socket_.emit(record::call::Connect{addresses_.front().host(), {}});
    return attempt_next();
  }
  socket_.emit(record::call::Connect{target.host, target.port});
  if (const auto literal = Address::from_ip(target.host, target.port)) {
    addresses_ = {*literal};
    later_.defer([this] { attempt_next(); });
    return;
  }
  const int family = options_.local_address ? options_.local_address->family() : options_.family;
  query_ = resolver_.resolve(target.host, family,
                             [this](dns::Result result) { on_lookup(std::move(result)); });
}

void Dialer::adopt(int fd) {
  socket_.note_life([](Life& life) { life.begin(); });
  ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
  ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  const record::Ends ends{local_address(fd), remote_address(fd)};
  const auto& remote = ends.remote;
  const bool tcp = remote && !remote->is_unix();
  socket_.emit(record::call::Connect{remote ? remote->host() : "",
                                     tcp ? std::optional<int>(remote->port()) : std::nullopt});
  const auto report = [&](std::string_view option, const std::string& value) {
    socket_.emit(record::call::SetSockOpt{option, value});
  };
  const auto failed = apply_options(fd, remote ? remote->family() : 0, socket_options_,
                                    SocketOption::Stage::early, report);
  later_.defer([this, fd, ends, failed] {
    if (socket_.destroyed()) {
      ::close(fd);  // given up before it was taken: the peer hears of it
    } else if (failed) {
      socket_.fail(system_error(failed->err, "setsockopt", failed->option));
    } else {
      socket_.opened(fd, ends);
    }
  });
}

void Dialer::on_lookup(dns::Result result) {
  query_.reset();
  if (socket_.destroyed()) return;
  socket_.note_life([](Life& life) { life.looked_up(); });
  if (result.error) {
    socket_.emit(record::ev::Lookup{target_.host, {}, {}, result.error});
    if (socket_.destroyed()) return;
    connect_timer_.stop();
    return socket_.fail(*result.error);
  }
  if (!options_.auto_select_family) result.addresses.resize(1);
  for (const Address& a : result.addresses) {
    socket_.emit(record::ev::Lookup{target_.host, a.host(), a.family_name(), {}});
    if (socket_.destroyed()) return;
  }
  addresses_ = order_addresses(result.addresses);
  for (Address& a : addresses_)
    a = a.with_port(target_.port);
  attempt_next();
}

void Dialer::attempt_next() {
  if (socket_.destroyed()) return;
  if (next_ == addresses_.size()) return fail_all();
  attempt(addresses_[next_++]);
}

/// Makes the descriptor and sets what must be set first. -1: this address failed before it was
/// attempted (`errors_` says how: another may do), or the socket has failed.
int Dialer::prepare(const Address& address) {
  const int domain = address.get()->sa_family;
  const int fd = ::socket(domain, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) {
    errors_.push_back(attempt_error(errno, "socket"));
    return -1;
  }
  const auto report = [&](std::string_view option, const std::string& value) {
    socket_.emit(record::call::SetSockOpt{option, value});
  };
  if (const auto e = apply_options(fd, address.family(), socket_options_,
                                   SocketOption::Stage::early, report)) {
    ::close(fd);
    connect_timer_.stop();
    socket_.fail(system_error(e->err, "setsockopt", e->option));
    return -1;
  }
  if (address.is_unix() || (!options_.local_address && options_.local_port == 0)) return fd;
  if (options_.local_port != 0) {
    // As Node: a connection from this port that has ended and is in TIME_WAIT does not hold it.
    const int on = 1;
    ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  }
  const Address local =
      options_.local_address
          .value_or(*Address::from_ip(address.family() == 4 ? "0.0.0.0" : "::", 0))
          .with_port(options_.local_port);
  if (::bind(fd, local.get(), local.size()) != 0) {
    errors_.push_back(system_error(errno, "bind", local.host(), local.port()));
    ::close(fd);
    return -1;
  }
  return fd;
}

void Dialer::attempt(const Address& address) {
  const bool blocked = is_blocked(address);
  if (!blocked) {
    fd_ = prepare(address);
    if (fd_ < 0) return attempt_next();  // no attempt, no event, as in Node
  }
  if (!blocked) {
    for (Watcher* w : socket_.engine().watchers())
      w->before_attempt(socket_.watched(fd_), address);
  }
  attempting_ = true;
  socket_.note_life([](Life& life) { life.attempt(); });
  socket_.emit(describe(address));
  if (socket_.destroyed()) return;
  if (blocked) return attempt_failed_later(blocked_error(address));
  const std::uint64_t began = socket_.engine().tracer().now();
  const int err = ::connect(fd_, address.get(), address.size()) == 0 ? 0 : errno;
  for (Watcher* w : socket_.engine().watchers())
    w->on_attempt(socket_.watched(fd_), err, began);
  if (err != 0 && err != EINPROGRESS) {
    return attempt_failed_later(connect_error(err));
  }
  poll_ = uv::Poll::create(loop_, fd_, this, [](void* owner, int events) {
    auto* self = static_cast<Dialer*>(owner);
    if (events < 0) return self->attempt_failed(self->attempt_error(-events, "epoll_ctl"));
    self->look((events & UV_WRITABLE) != 0);
  });
  poll_->watch(UV_WRITABLE);
  if (next_ < addresses_.size()) attempt_timer_.start(options_.attempt_timeout);
}

bool Dialer::look(bool writable) {
  const Handshake handshake = handshake_of(fd_, writable);
  switch (handshake.is) {
    case Handshake::Is::in_progress:
      poll_->watch(UV_WRITABLE);
      return false;
    case Handshake::Is::failed:
      attempt_failed(connect_error(handshake.err));
      return true;
    case Handshake::Is::done:
      on_connected();
  }
  return true;
}

void Dialer::on_connected() {
  record::Ends ends{local_address(fd_), remote_address(fd_)};
  if (ends.local && !ends.local->is_unix() && ends.local == ends.remote) return refuse_itself();
  attempting_ = false;
  attempt_timer_.stop();
  connect_timer_.stop();
  poll_.reset();
  const int fd = std::exchange(fd_, -1);
  // With --fast-open there may be no peer yet: the SYN goes out with the first data. After a RST
  // the kernel no longer knows it.
  if (!ends.remote) ends.remote = addresses_[next_ - 1];
  socket_.opened(fd, ends);
}

/// Its SYN met itself, and RFC 9293 calls that a simultaneous open: nothing is listening there.
void Dialer::refuse_itself() {
  // Closing it in order would keep the port in TIME_WAIT, from the server that is to come.
  const linger now{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  Error error = attempt_error(ECONNREFUSED, "connect");
  error.finding = Finding::own_socket;
  attempt_failed(std::move(error));
}

bool Dialer::is_blocked(const Address& address) const {
  return options_.rules && options_.rules->check(address);
}

/// In the next tick, like what the kernel reports at once.
void Dialer::attempt_failed_later(Error error) {
  later_.defer([this, error = std::move(error)] {
    if (attempting_) attempt_failed(error);
  });
}

void Dialer::attempt_failed(Error error) {
  attempting_ = false;
  socket_.note_life([](Life& life) { life.attempt_failed(); });
  attempt_timer_.stop();
  close_fd();
  errors_.push_back(std::move(error));
  // Node stops `connecting` before it tells of an only address's failure (afterConnect in net.js).
  // A blocked one was never begun.
  const bool only = addresses_.size() == 1 && errors_.back().errno_value;
  const auto stopped =
      socket_.writable() ? record::ReadyState::open : record::ReadyState::read_only;
  socket_.emit_as(
      only ? stopped : record::ReadyState::opening,
      record::ev::ConnectionAttemptFailed{describe(addresses_[next_ - 1]), errors_.back()});
  if (errors_.back().finding == Finding::own_socket) {
    socket_.emit(record::note::Message{
        fmt::format("the socket connected to itself: {} was its own address, too, and nothing is "
                    "listening there",
                    addresses_[next_ - 1].to_string())});
  }
  attempt_next();
}

void Dialer::attempt_timed_out() {
  // Its outcome may be there already, if the process was stopped or the machine is slow.
  if (look(false)) return;
  attempting_ = false;
  socket_.note_life([](Life& life) { life.attempt_failed(); });
  close_fd();  // for good: a late success does not count
  errors_.push_back(given_up(ETIMEDOUT));
  socket_.emit(record::ev::ConnectionAttemptTimeout{describe(addresses_[next_ - 1])});
  attempt_next();
}

void Dialer::fail_all() {
  connect_timer_.stop();
  if (errors_.size() == 1) return socket_.fail(errors_.front());
  Error all;
  all.code = errors_.front().code;
  fail_with(std::move(all));
}

/// With an AggregateError of what is in `errors_`.
void Dialer::fail_with(Error all) {
  all.name = "AggregateError";
  all.errors = errors_;
  socket_.fail(std::move(all));
}

void Dialer::on_connect_timeout() {
  socket_.report_timeout(record::ev::TimeoutKind::connect, options_.connect_timeout,
                         "--connect-timeout");
  if (socket_.destroyed()) return;
  give_up_attempt();
  // The limit is what ended it, so its code counts, and not the first address's.
  Error limit = given_up(ETIMEDOUT);
  if (errors_.empty()) return socket_.fail(std::move(limit));
  errors_.push_back(limit);
  Error all;
  all.code = limit.code;
  all.syscall = limit.syscall;
  fail_with(std::move(all));
}

void Dialer::abandon() {
  give_up_attempt();
}

void Dialer::give_up_attempt() {
  query_.reset();
  attempt_timer_.stop();
  connect_timer_.stop();
  if (!std::exchange(attempting_, false)) return;
  socket_.note_life([](Life& life) { life.attempt_failed(); });
  close_fd();
  socket_.emit(
      record::ev::ConnectionAttemptFailed{describe(addresses_[next_ - 1]), given_up(ECANCELED)});
}

record::ev::ConnectionAttempt Dialer::describe(const Address& address) const {
  if (address.is_unix()) return {address.host(), {}, {}};
  return {address.host(), address.port(), address.family_name()};
}

/// About the attempt in flight.
Error Dialer::attempt_error(int err, std::string_view syscall) const {
  const Address& address = addresses_[next_ - 1];
  if (address.is_unix()) return system_error(err, syscall, address.host());
  return system_error(err, syscall, address.host(), address.port());
}

/// The same, of connect(2), while `fd_` is still there.
Error Dialer::connect_error(int err) const {
  Error error = attempt_error(err, "connect");
  error.finding = finding_of(err, fd_, addresses_[next_ - 1],
                             socket_options_.text("SO_BINDTODEVICE"), options_.local_port != 0);
  return error;
}

/// Of our own accord: no system call failed. During the lookup it is about the name.
Error Dialer::given_up(int err) const {
  Error error = next_ == 0 ? system_error(err, "connect", target_.host, target_.port)
                           : attempt_error(err, "connect");
  if (next_ == 0) error.hostname = std::exchange(error.address, {});
  error.errno_value.reset();
  return error;
}

void Dialer::close_fd() {
  if (fd_ >= 0) {
    for (Watcher* w : socket_.engine().watchers())
      w->on_attempt_failed(socket_.watched(fd_));
  }
  poll_.reset();
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

}  // namespace tcpkit::net
