#include "net/socket.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "net/watcher.h"
#include "os/closing.h"
#include "os/queues.h"

namespace tcpkit::net {

using record::ReadyState;

Socket::Socket(Engine& engine, SocketHandler& handler, const Options& options, record::Role role)
    : engine_(engine),
      handler_(handler),
      options_(options),
      role_(role),
      number_(engine.next_connection()),
      paused_(options.paused ? static_cast<unsigned>(Pauser::user) : 0) {
  engine_.add(this);
}

Socket::~Socket() {
  engine_.remove(this);
}

Socket& Socket::create_client(Engine& engine, SocketHandler& handler, const Options& options) {
  auto* socket = new Socket(engine, handler, options, record::Role::client);
  socket->start_idle_limit();
  return *socket;
}

Socket& Socket::create_server(Engine& engine, SocketHandler& handler, const Options& options,
                              int fd, const record::Ends& ends, std::function<void()> on_gone) {
  auto* socket = new Socket(engine, handler, options, record::Role::server);
  socket->on_gone_ = std::move(on_gone);
  socket->note_life([](Life& life) { life.begin(); });
  socket->attach(fd, ends);
  return *socket;
}

bool Socket::is_unix() const {
  return (ends_.local && ends_.local->is_unix()) || (ends_.remote && ends_.remote->is_unix());
}

ReadyState Socket::ready_state() const {
  if (state_ == State::destroyed) return ReadyState::closed;
  if (state_ == State::opening) return ReadyState::opening;
  if (fin_ == Fin::none) return read_ended_ ? ReadyState::write_only : ReadyState::open;
  return read_ended_ ? ReadyState::closed : ReadyState::read_only;
}

void Socket::attach(int fd, const record::Ends& ends) {
  fd_ = fd;
  ends_ = ends;
  state_ = State::open;
  poll_ = uv::Poll::create(engine_.loop(), fd, this, [](void* owner, int events) {
    static_cast<Socket*>(owner)->on_poll(events);
  });
  const auto failed =
      apply_options(fd, family(), options_.socket, SocketOption::Stage::connected, {});
  for (Watcher* w : engine_.watchers())
    w->on_open(watched());
  if (failed) {
    return destroy_with(system_error(failed->err, "setsockopt", failed->option), false);
  }
  emit_option_calls(options_.socket);
}

void Socket::opened(int fd, const record::Ends& ends) {
  opening_ = nullptr;
  note_life([](Life& life) { life.connected(); });
  touch();
  attach(fd, ends);
  if (destroyed()) return;
  emit(record::ev::Connect{record::names_of(ends)});
  handler_.on_connect(*this);
  emit(record::ev::Ready{});  // even where the handler destroyed the socket, as in Node
  if (destroyed()) return;
  if (reset_at_connect_) {
    auto failed = prepare_reset();
    const bool resets = !failed;
    return destroy_with(std::move(failed), resets);
  }
  flush_queue();
  watch();
  tell_watchers();
}

void Socket::start() {
  start_idle_limit();
  // Known already: the peer reset the connection before we accepted it.
  if (!destroyed() && !ends_.remote && !is_unix()) {
    engine_.loop().next_tick([this] { read_available(); });
  }
  watch();
}

void Socket::fail(Error error) {
  opening_ = nullptr;
  destroy_with(std::move(error), false);
}

void Socket::watch() {
  if (state_ != State::open) return;
  if (cut_) return poll_->watch(0);
  int events = 0;
  if (!paused()) {
    if (!read_ended_) {
      events |= UV_READABLE;
    } else if (!probed_ && !is_unix()) {
      // Polling for input would spin at EOF. This bit never fires on TCP without urgent data, but
      // a RST is reported whatever is asked for.
      events |= UV_PRIORITIZED;
    }
  }
  if (!write_error_ && (!queue_.empty() || writable_wanted_)) events |= UV_WRITABLE;
  poll_->watch(events);
}

void Socket::on_poll(int events) {
  if (events < 0) return destroy_with(system_error(-events, "epoll_ctl"), false);
  bool error = events == 0;
  if (error && !engine_.watchers().empty()) {
    // The kernel wakes us for what watchers asked for, too. A true error is reported again.
    for (Watcher* w : engine_.watchers())
      error = !w->on_error_queue(watched()) && error;
  }
  tell_watchers();
  if (!paused()) {
    if (read_ended_) {
      if (error || (events & UV_PRIORITIZED) != 0) probe_after_end();
    } else if (error || (events & UV_READABLE) != 0) {
      read_available();
    }
  }
  if (state_ == State::open && (error || (events & UV_WRITABLE) != 0)) {
    flush_queue();
    if (writable_wanted_ && queue_.empty() && state_ == State::open) {
      writable_wanted_ = false;
      handler_.on_writable(*this);
    }
  }
  watch();
  tell_watchers();
}

void Socket::tell_watchers() {
  for (Watcher* w : engine_.watchers())
    if (state_ == State::open) w->on_activity(watched());
}

Connection Socket::watched(int fd) const {
  return {number_, role_, &ends_, fd, &engine_.tracer(), [this] {
            return Progress{bytes_with_kernel(), bytes_read_, fin_with_kernel_, listens()};
          }};
}

// Closing

void Socket::destroy() {
  if (destroyed()) return;
  emit_destroy(false);
  destroy_with({}, false);
}

void Socket::emit_destroy(bool only_resets) {
  if (!engine_.tracer().wants(record::Layer::call)) return;
  const bool unread = fd_ >= 0 && os::unread(fd_) > 0;
  const bool reset =
      fd_ >= 0 && !is_unix() && os::predict_close(fd_).goes == os::Closing::Goes::rst;
  if (reset || !only_resets) emit(record::call::Destroy{unread, reset});
}

void Socket::destroy_soon() {
  if (destroyed()) return;
  emit(record::call::DestroySoon{});
  destroy_at_finish_ = true;
  if (fin_ == Fin::none) {
    want_fin();
  } else if (fin_ == Fin::done) {
    emit_destroy(true);
    destroy_with({}, false);
  }
}

bool Socket::reset_and_destroy() {
  if (destroyed()) return true;
  if (state_ == State::opening) {
    emit(record::call::ResetAndDestroy{true});
    reset_at_connect_ = true;  // nothing to reset yet: right after `connect`, as in Node
    return true;
  }
  auto failed = prepare_reset();
  const bool resets = !failed;
  emit(record::call::ResetAndDestroy{resets});
  destroy_with(std::move(failed), resets);
  return resets;
}

void Socket::destroy_with(std::optional<Error> error, bool reset) {
  if (destroyed()) return;
  state_ = State::destroyed;
  had_error_ = error.has_value();
  idle_limit_.reset();
  if (Opening* opening = std::exchange(opening_, nullptr)) opening->abandon();
  if (error) {
    if (is_unix()) error->finding = Finding::unix_socket;
    engine_.loop().next_tick([this, e = *error] {
      emit(record::ev::Failure{e});
      handler_.on_error(*this, e);
    });
  }
  if (poll_) {
    uv::Poll::close(std::move(poll_), [this] { emit_close(); });
    handler_.on_closing(*this);
    for (Watcher* w : engine_.watchers())
      w->on_closing(watched());
    note_closing(error, reset && !cut_);
    ::close(fd_);  // after the watcher: epoll must not see a closed descriptor
  } else {
    note_closing(error, false);
    uv::in_close_phase(engine_.loop(), [this] { emit_close(); });
  }
  if (on_gone_) on_gone_();
}

/// Makes close(2) send a RST. A failure is an error, as in Node: a FIN goes out in its place.
std::optional<Error> Socket::prepare_reset() const {
  if (cut_) return {};
  const linger now{1, 0};
  if (::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now) == 0) return {};
  return system_error(errno, "setsockopt", "SO_LINGER");
}

void Socket::note_closing(const std::optional<Error>& error, bool reset) {
  note_life([&](Life& life) {
    const std::string_view asked = reset ? "reset" : "close";
    life.closing(fd_, is_unix(), error, reset, engine_.ending() ? "exit" : asked,
                 options_.socket.number("SO_KEEPALIVE") == 1);
  });
}

void Socket::emit_close() {
  emit(record::ev::Close{had_error_, bytes_read_, bytes_written_, queue_.size() + lost_});
  note_life([this](const Life& life) {
    record::Outcome outcome = life.outcome(role_, ends_);
    outcome.bytes_read = bytes_read_;
    outcome.bytes_written = bytes_written_;
    outcome.unsent = queue_.size() + lost_;
    outcome.text = record::describe(outcome);
    handler_.on_summary(*this, outcome);
    emit(record::note::Summary{std::make_shared<record::Outcome>(std::move(outcome))});
  });
  handler_.on_close(*this, had_error_);
  delete this;
}

void Socket::report_timeout(record::ev::TimeoutKind kind, std::chrono::milliseconds limit,
                            std::string_view option) {
  emit(record::ev::Timeout{limit.count(), to_string(kind), option});
  const bool idle = kind == record::ev::TimeoutKind::idle;
  if (!idle || options_.timeout_action != TimeoutAction::none) {
    note_life([&](Life& life) { life.timed_out(record::ev::to_string(kind)); });
  }
  handler_.on_timeout(*this, kind);
}

void Socket::report_counters() {
  emit(record::note::Counters{bytes_read_, bytes_written_, queue_.size()});
}

}  // namespace tcpkit::net
