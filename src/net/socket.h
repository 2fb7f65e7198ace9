#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/address.h"
#include "base/error.h"
#include "net/engine.h"
#include "net/life.h"
#include "net/send_queue.h"
#include "net/socket_options.h"
#include "net/watcher.h"
#include "record/record.h"
#include "uv/limit.h"
#include "uv/poll.h"

namespace tcpkit::net {

class Socket;

/// What opens a client: told to give up when the socket is destroyed first.
class Opening {
 public:
  Opening() = default;
  virtual ~Opening() = default;
  Opening(const Opening&) = delete;
  Opening& operator=(const Opening&) = delete;
  virtual void abandon() = 0;
};

/// What a command does with a connection. The calls come in the order that Node's net module
/// guarantees and tcpkit-trace(5) describes. Any method of Socket may be called from any of them.
/// Must outlive on_close.
class SocketHandler {
 public:
  SocketHandler() = default;
  virtual ~SocketHandler() = default;
  SocketHandler(const SocketHandler&) = delete;
  SocketHandler& operator=(const SocketHandler&) = delete;

  virtual void on_connect(Socket& /*socket*/) {}
  virtual void on_data(Socket& /*socket*/, std::string_view /*bytes*/) {}
  /// The peer's FIN. Without allow_half_open, end() follows this call by itself.
  virtual void on_end(Socket& /*socket*/) {}
  virtual void on_drain(Socket& /*socket*/) {}
  virtual void on_finish(Socket& /*socket*/) {}
  /// Both directions have ended, and the socket is about to close by itself. True: not yet, the
  /// handler calls close_ended() later.
  virtual bool delays_close(Socket& /*socket*/) { return false; }
  /// The kernel takes nothing more, so no on_drain() comes. The error follows: at once if the user
  /// has paused reading, else after what has been received, at the pace of the reader.
  virtual void on_write_failed(Socket& /*socket*/) {}
  /// The kernel takes data again, after want_writable().
  virtual void on_writable(Socket& /*socket*/) {}
  virtual void on_timeout(Socket& /*socket*/, record::ev::TimeoutKind /*kind*/) {}
  virtual void on_error(Socket& /*socket*/, const Error& /*error*/) {}
  /// Right before close(2), while the kernel can still be asked. May call no method that acts.
  virtual void on_closing(Socket& /*socket*/) {}
  /// Right before the summary is told, where anybody wants it: may add to it.
  virtual void on_summary(Socket& /*socket*/, record::Outcome& /*outcome*/) {}
  /// The last call; the socket is gone after it.
  virtual void on_close(Socket& /*socket*/, bool /*had_error*/) {}

  /// Where true, on_splice() is called instead of reading: it moves up to `most` bytes from `fd`
  /// in the kernel and returns how many, 0 at EOF, or a negative errno (-EAGAIN: nothing moved;
  /// -EINTR: ask again).
  virtual bool splices(Socket& /*socket*/) { return false; }
  virtual ssize_t on_splice(Socket& /*socket*/, int /*fd*/, std::size_t /*most*/) { return 0; }
};

/// One connection, TCP or Unix: Node's net.Socket. Owns its descriptor. Owns itself from creation
/// to its `close` event, so that callers keep plain references.
class Socket {
 public:
  using TimeoutAction = net::TimeoutAction;

  /// Who stopped reading: the flow, because its consumer is slow, or the user. Both must let go.
  enum class Pauser : unsigned { flow = 1, user = 2 };

  struct Options {
    bool allow_half_open = false;
    bool paused = false;                   ///< start without reading, by the user's wish
    std::size_t high_water_mark = 65536;   ///< bytes in our queue at which write() says stop
    std::chrono::milliseconds timeout{0};  ///< idle; 0: none
    TimeoutAction timeout_action = TimeoutAction::none;
    SocketOptions socket;
  };

  /// A client that is not connected yet; an Opening calls opened() or fail().
  static Socket& create_client(Engine& engine, SocketHandler& handler, const Options& options);
  /// An accepted connection. `on_gone` runs when it is destroyed, before its `close`. Reading
  /// starts with start().
  static Socket& create_server(Engine& engine, SocketHandler& handler, const Options& options,
                               int fd, const record::Ends& ends, std::function<void()> on_gone);
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  // Node's methods; all are harmless on a destroyed socket.
  /// Sends at once what the kernel takes and queues the rest. False: wait for on_drain().
  bool write(std::string_view bytes);
  void end();
  void destroy();
  void destroy_soon();
  /// False: the kernel refuses to abort, and a FIN goes out; `error` follows.
  bool reset_and_destroy();
  /// Closes a socket whose close the handler has delayed.
  void close_ended();
  void pause(Pauser who = Pauser::flow);
  void resume(Pauser who = Pauser::flow);

  /// Sets options on a connection that is there; does nothing on any other.
  std::optional<OptionError> change(const OptionChange& change);
  /// From now on reads nothing and sends nothing, no FIN either: what is written waits in our
  /// queue. destroy() closes without asking for a RST. See os::vanish().
  void cut();
  /// For watchers: the kernel was told to throw away what comes in, or no longer. See
  /// os::drop_incoming().
  void discards(bool on);

  /// Sends what the kernel takes of `bytes` and queues nothing. Only with an empty queue. Bytes
  /// sent; -EAGAIN if there are none; -EFAULT if the kernel cannot read them. A broken connection
  /// is -EAGAIN, and reported as after write().
  ssize_t send_unqueued(std::string_view bytes);
  /// The same with up to `most` bytes of a pipe, inside the kernel. Another negative errno: this
  /// pipe and this socket do not work together.
  ssize_t send_pipe(int pipe, std::size_t most);
  /// Calls on_writable() once the kernel takes data again.
  void want_writable();

  /// Emits `timeout`; what follows is the caller's choice.
  void report_timeout(record::ev::TimeoutKind kind, std::chrono::milliseconds limit,
                      std::string_view option);
  /// Emits a record of this connection where its layer is wanted.
  template <class B>
  void emit(B&& body) {
    emit_as(ready_state(), std::forward<B>(body));
  }
  /// The same, with another readyState than the present one.
  template <class B>
  void emit_as(record::ReadyState state, B&& body);
  /// Emits `counters`.
  void report_counters();
  /// For watchers. `fd`: the descriptor of an attempt, while there is no connection.
  [[nodiscard]] Connection watched(int fd) const;
  [[nodiscard]] Connection watched() const { return watched(fd_); }

  /// SocketHandler::on_write_failed() for who sends beside the handler: a script.
  std::function<void()> on_write_failed;

  // For the Opening and the listener.
  /// Where somebody wants the summary.
  template <class F>
  void note_life(F&& told) {
    if (engine_.tracer().wants(record::Layer::note)) told(life_);
  }
  void set_opening(Opening* opening) { opening_ = opening; }
  void opened(int fd, const record::Ends& ends);
  void fail(Error error);
  /// Starts reading an accepted connection (unless paused).
  void start();

  [[nodiscard]] unsigned number() const { return number_; }
  [[nodiscard]] bool is_client() const { return role_ == record::Role::client; }
  [[nodiscard]] bool connecting() const { return state_ == State::opening; }
  [[nodiscard]] bool connected() const { return state_ == State::open; }
  /// Connected now or once.
  [[nodiscard]] bool was_connected() const { return fd_ >= 0; }
  [[nodiscard]] bool destroyed() const { return state_ == State::destroyed; }
  [[nodiscard]] bool writable() const { return fin_ == Fin::none && !write_error_ && !destroyed(); }
  [[nodiscard]] bool finished() const { return fin_ == Fin::done; }
  /// Our FIN is with the kernel, whether or not that was reported.
  [[nodiscard]] bool fin_with_kernel() const { return fin_with_kernel_; }
  /// Bytes that the kernel has taken from us.
  [[nodiscard]] std::uint64_t bytes_with_kernel() const {
    return bytes_written_ - queue_.size() - lost_;
  }
  /// The kernel wakes us for what the peer sends.
  [[nodiscard]] bool listens() const {
    return poll_ && (poll_->watching() & (UV_READABLE | UV_PRIORITIZED)) != 0;
  }
  [[nodiscard]] bool read_ended() const { return read_ended_; }
  [[nodiscard]] bool paused() const { return paused_ != 0; }
  [[nodiscard]] bool is_unix() const;
  [[nodiscard]] std::uint64_t bytes_read() const { return bytes_read_; }
  [[nodiscard]] std::uint64_t bytes_written() const { return bytes_written_; }
  [[nodiscard]] std::size_t writable_length() const { return queue_.size(); }
  /// Bytes of writable_length() and those that the kernel has taken, but the peer's kernel has not
  /// acknowledged. Of a Unix socket the first alone: what the kernel has taken is with the peer.
  [[nodiscard]] std::size_t unacknowledged() const;
  [[nodiscard]] std::size_t high_water_mark() const { return options_.high_water_mark; }
  [[nodiscard]] const record::Ends& ends() const { return ends_; }
  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] Engine& engine() { return engine_; }

 private:
  enum class State { opening, open, destroyed };
  /// Our FIN: not asked for, asked for and waiting behind the queue, with the kernel, reported.
  enum class Fin { none, wanted, sent, done };

  Socket(Engine& engine, SocketHandler& handler, const Options& options, record::Role role);
  ~Socket();

  [[nodiscard]] record::ReadyState ready_state() const;
  void attach(int fd, const record::Ends& ends);
  /// The records of options that are calls of Node's.
  void emit_option_calls(const SocketOptions& options);
  /// 4, 6, or 0 for a Unix socket.
  [[nodiscard]] int family() const;
  void watch();
  void tell_watchers();
  void on_poll(int events);

  void read_available();
  bool read_once();
  void on_eof();
  void fail_after_reading();
  void probe_after_end();
  [[nodiscard]] int pending_error() const;

  bool send_now(std::string_view& bytes);
  [[nodiscard]] bool can_send_unqueued() const;
  ssize_t sent_unqueued(ssize_t n);
  void flush_queue();
  void write_failed(int err);
  void want_fin();
  void send_fin();
  void on_fin_sent();
  void close_if_done();
  void close_orderly();

  void destroy_with(std::optional<Error> error, bool reset);
  void emit_destroy(bool only_resets);
  [[nodiscard]] std::optional<Error> prepare_reset() const;
  void note_closing(const std::optional<Error>& error, bool reset);
  void emit_close();
  void start_idle_limit();
  void set_timeout(std::chrono::milliseconds limit);
  void touch();
  void look_at_send_queue(std::chrono::milliseconds stopped);
  [[nodiscard]] bool is_idle() const;
  void on_idle();

  Engine& engine_;
  SocketHandler& handler_;
  Options options_;
  record::Role role_;
  unsigned number_;
  State state_ = State::opening;
  Fin fin_ = Fin::none;
  bool fin_with_kernel_ = false;
  unsigned paused_ = 0;  ///< the Pausers that hold it
  bool cut_ = false;
  bool read_ended_ = false;
  bool probed_ = false;  ///< the error condition after `end` turned out to be none
  bool need_drain_ = false;
  bool writable_wanted_ = false;
  bool destroy_at_finish_ = false;
  bool reset_at_connect_ = false;
  bool close_delayed_ = false;
  bool had_error_ = false;
  std::uint64_t bytes_read_ = 0;
  std::uint64_t bytes_written_ = 0;
  int fd_ = -1;
  record::Ends ends_;
  SendQueue queue_;
  std::optional<Error> write_error_;       ///< a failed write
  std::uint64_t readable_at_failure_ = 0;  ///< what bytes_read_ is once all of it is delivered
  Opening* opening_ = nullptr;
  std::function<void()> on_gone_;
  std::unique_ptr<uv::Poll> poll_;
  std::unique_ptr<uv::Limit> idle_limit_;
  std::uint64_t last_activity_ = 0;      ///< in the loop's milliseconds
  std::size_t last_unacknowledged_ = 0;  ///< at the last look at the send queue
  bool idle_fired_ = false;
  Life life_;
  std::uint64_t lost_ = 0;  ///< bytes accepted by write() after the connection had failed
};

template <class B>
void Socket::emit_as(record::ReadyState state, B&& body) {
  trace::Tracer& tracer = engine_.tracer();
  if (!tracer.wants(body.layer)) return;
  const bool has_state = body.layer == record::Layer::event;
  tracer.emit(role_, number_, has_state ? std::optional(state) : std::nullopt,
              std::forward<B>(body));
}

}  // namespace tcpkit::net
