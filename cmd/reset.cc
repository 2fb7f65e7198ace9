#include <fmt/core.h>

#include "base/duration.h"
#include "base/escape.h"
#include "base/size.h"
#include "cmd/cli/declare.h"
#include "cmd/cli/refuse.h"
#include "cmd/cli/usage_error.h"
#include "cmd/options/data.h"
#include "cmd/run/experiment.h"
#include "net/socket_options.h"
#include "os/closing.h"
#include "os/queues.h"

namespace tcpkit::cmd {
namespace {

enum class Method { reset, destroy, destroy_soon, end, linger };

/// When to act: at an event of the connection, after a time, or after so many received bytes.
struct Moment {
  enum class Kind { connect, send, data, end, time, bytes } kind = Kind::connect;
  std::chrono::milliseconds time{0};
  std::uint64_t bytes = 0;
};

/// A bare number is bytes here; a time has its unit. "2m" is two minutes, "2M" bytes.
std::optional<Moment> parse_moment(const std::string& text, std::string& why) {
  if (text == "connect") return Moment{Moment::Kind::connect, {}, 0};
  if (text == "send") return Moment{Moment::Kind::send, {}, 0};
  if (text == "data") return Moment{Moment::Kind::data, {}, 0};
  if (text == "end") return Moment{Moment::Kind::end, {}, 0};
  std::string ignored;
  if (text.find_first_not_of("0123456789") != std::string::npos) {
    if (const auto time = parse_duration(text, ignored)) {
      return Moment{Moment::Kind::time, *time, 0};
    }
  }
  if (const auto size = parse_size(text, ignored); size && *size > 0) {
    return Moment{Moment::Kind::bytes, {}, *size};
  }
  why = fmt::format(
      "'{}' is no moment; write connect, send, data, end, a time such as 500ms, or a "
      "number of bytes such as 64k",
      display(text));
  return {};
}

const char* name_of(Method method) {
  switch (method) {
    case Method::reset:
      return "resetAndDestroy()";
    case Method::destroy:
      return "destroy()";
    case Method::destroy_soon:
      return "destroySoon()";
    case Method::end:
      return "end()";
    case Method::linger:
      return "SO_LINGER 0 and destroy()";
  }
  return "";
}

constexpr const char* unacted =
    "the connection ended before its moment had come: nothing was aborted";

/// The options of `reset`, parsed.
struct ResetOptions : ExperimentCommand {
  ResetOptions() : ExperimentCommand("reset") {}

  Method method = Method::reset;
  Moment moment;
  std::vector<std::string> send;
  bool unread = false;
  bool keep_half_open = false;

  void declare(OptionSet& set) override {
    Group g(set, "Reset");
    g.choice<Method>("--method", method,
                     {{"reset", Method::reset},
                      {"destroy", Method::destroy},
                      {"destroySoon", Method::destroy_soon},
                      {"end", Method::end},
                      {"linger", Method::linger}},
                     "Select how to end the connection (reset)");
    g.value("--after", "connect|send|data|end|DURATION|BYTES", moment, parse_moment,
            "Select when: at an event, after a time, or after that many received bytes (connect)");
    declare_send(g, send, "Send this first (repeatable; C escapes)");
    g.flag("--unread", unread, "Leave received data unread in the kernel")
        .with({Trait::leaves_unread});
    ExperimentCommand::declare(set);
  }
  void accept(const std::vector<std::string>& arguments) override;

 protected:
  [[nodiscard]] std::unique_ptr<ExperimentRun> make_run(Session& session) const override;
  void adjust(net::Socket::Options& options) const override {
    options.allow_half_open = true;  // --after end acts in CLOSE_WAIT
    options.paused = options.paused || unread;
  }
};

/// Ends a connection in one of the ways there are, and reports what that put on the wire.
class ResetRun : public ExperimentRun {
 public:
  ResetRun(Session& session, const ResetOptions& asked)
      : ExperimentRun(session, asked), asked_(asked) {}

  void on_data(net::Socket& socket, std::string_view bytes) override;
  void on_end(net::Socket& socket) override;
  void on_writable(net::Socket& socket) override;
  void on_finish(net::Socket& socket) override;
  void on_closing(net::Socket& socket) override;

 protected:
  void on_open(net::Socket& socket) override;
  void on_stop() override;
  void summarise(net::Socket& socket, record::Outcome& outcome) override;
  void on_over(net::Socket& socket) override;

 private:
  void act(net::Socket& socket);
  void set_linger_zero(net::Socket& socket);
  void look_for_unread(net::Socket& socket);
  void describe(record::Outcome& summary) const;

  const ResetOptions& asked_;
  std::unique_ptr<uv::Timer> timer_;
  bool acted_ = false;
  bool fin_sent_ = false;
  std::size_t unread_on_unix_ = 0;
  os::Closing closing_;
  std::size_t unsent_ = 0;  ///< bytes, our FIN among them, when it was closed
};

void ResetOptions::accept(const std::vector<std::string>& arguments) {
  ExperimentCommand::accept(arguments);
  if (moment.kind == Moment::Kind::send && send.empty()) {
    throw UsageError("--after send needs something to send; add --send TEXT");
  }
  const bool needs_reading = moment.kind == Moment::Kind::end || moment.kind == Moment::Kind::bytes;
  if (needs_reading)
    refuse(set(), Trait::leaves_unread, "nothing is read then; write --after data, or a time");
  if (is_unix() && (method == Method::reset || method == Method::linger)) {
    throw UsageError(
        "--method: a Unix socket has no RST; write --method destroy, destroySoon or end");
  }
  keep_half_open = set().has("--allow-half-open");
}

void ResetRun::on_open(net::Socket& socket) {
  for (const std::string& text : asked_.send)
    socket.write(text);
  switch (asked_.moment.kind) {
    case Moment::Kind::connect:
      return act(socket);
    case Moment::Kind::send:
      if (socket.writable_length() == 0) return act(socket);
      return socket.want_writable();
    case Moment::Kind::time:
      timer_ = std::make_unique<uv::Timer>(session().loop(), [this, &socket] { act(socket); });
      return timer_->start(asked_.moment.time);
    case Moment::Kind::data:
      if (!socket.paused()) return;
      timer_ = std::make_unique<uv::Timer>(session().loop(),
                                           [this, &socket] { look_for_unread(socket); });
      return look_for_unread(socket);
    case Moment::Kind::end:
    case Moment::Kind::bytes:
      return;
  }
}

/// A paused connection is not polled: ask the kernel what has come.
void ResetRun::look_for_unread(net::Socket& socket) {
  static constexpr std::chrono::milliseconds again{2};
  if (os::unread(socket.fd()) > 0) return act(socket);
  if (!os::peer_has_ended(socket.fd())) return timer_->start(again);
  socket.resume(net::Socket::Pauser::user);  // nothing will come: `end` or `error` does
}

void ResetRun::on_writable(net::Socket& socket) {
  act(socket);
}

void ResetRun::on_data(net::Socket& socket, std::string_view /*bytes*/) {
  const bool enough =
      asked_.moment.kind == Moment::Kind::data ||
      (asked_.moment.kind == Moment::Kind::bytes && socket.bytes_read() >= asked_.moment.bytes);
  if (enough) act(socket);
}

void ResetRun::on_end(net::Socket& socket) {
  if (asked_.moment.kind == Moment::Kind::end) {
    act(socket);
  } else if (!asked_.keep_half_open) {
    socket.end();  // the peer was first: an orderly end
  }
}

void ResetRun::act(net::Socket& socket) {
  if (acted_ || socket.destroyed() || session().stopping()) return;
  acted_ = true;
  switch (asked_.method) {
    case Method::reset:
      socket.reset_and_destroy();
      return;
    case Method::linger:
      set_linger_zero(socket);
      return socket.destroy();
    case Method::destroy:
      return socket.destroy();
    case Method::destroy_soon:
      return socket.destroy_soon();
    case Method::end:
      socket.resume(net::Socket::Pauser::user);  // it reads on to the peer's FIN
      return socket.end();
  }
}

void ResetRun::set_linger_zero(net::Socket& socket) {
  net::SocketOptions only;
  only.set("SO_LINGER", 0);
  const auto report = [&](std::string_view option, const std::string& value) {
    socket.emit(record::call::SetSockOpt{option, value});
  };
  const auto failed =
      net::apply_options(socket.fd(), 0, only, net::SocketOption::Stage::early, report);
  if (failed) {
    session().fail(Exit::failure, fmt::format("cannot set {}: {} ({})", failed->option,
                                              errno_text(failed->err), errno_code(failed->err)));
  }
}

void ResetRun::on_finish(net::Socket& /*socket*/) {
  fin_sent_ = true;
}

void ResetRun::on_closing(net::Socket& socket) {
  if (socket.is_unix()) {
    unread_on_unix_ = os::unread(socket.fd());
  } else {
    closing_ = os::predict_close(socket.fd());
    unsent_ = os::unsent(socket.fd());
  }
}

void ResetRun::on_stop() {
  if (timer_) timer_->stop();
}

/// What went out, and why.
void ResetRun::describe(record::Outcome& summary) const {
  using Goes = os::Closing::Goes;
  const char* sent = "nothing";
  std::string why = closing_.why;
  const bool fin_waits = unsent_ > 0;  // behind data that waits for room at the peer
  if (fin_sent_ && closing_.goes == Goes::rst && !fin_waits) {
    sent = "FIN,RST";
    summary.text = fmt::format("FIN, then RST went out by {}: {}", name_of(asked_.method), why);
  } else if (closing_.goes != Goes::rst && (fin_sent_ || closing_.goes == Goes::fin)) {
    sent = "FIN";
    if (asked_.method == Method::end) {
      why = "it ends our direction behind the data and goes on reading";
    } else if (asked_.method == Method::destroy_soon) {
      why = "it is end(), then destroy() at finish, without waiting for the peer's FIN";
    }
    summary.text = fmt::format("FIN {} by {}: {}", fin_waits ? "goes out" : "went out",
                               name_of(asked_.method), why);
    if (fin_waits) {
      summary.text += fmt::format("; it waits behind {} bytes for room at the peer",
                                  unsent_ - (fin_sent_ ? 1 : 0));
    }
    if (asked_.method != Method::end) summary.text += "; what still comes is answered with RST";
  } else if (closing_.goes == Goes::rst) {
    sent = "RST";
    summary.text = fmt::format("RST went out by {}: {}", name_of(asked_.method), why);
    if (fin_sent_) summary.text += "; the FIN was still behind unsent data, and is lost with it";
  } else {
    summary.text = fmt::format("nothing went out by {}: {}", name_of(asked_.method), why);
  }
  summary.sent = sent;
}

void ResetRun::summarise(net::Socket& socket, record::Outcome& outcome) {
  if (!acted_) {
    outcome.text = unacted;
  } else if (!socket.is_unix()) {
    describe(outcome);
  } else {
    outcome.text =
        fmt::format("{}: a Unix socket has neither FIN nor RST; ", name_of(asked_.method));
    outcome.text += unread_on_unix_ > 0
                        ? "received data was left unread, so the peer gets ECONNRESET"
                        : "nothing was left unread, so the peer sees an orderly end";
  }
}

void ResetRun::on_over(net::Socket& /*socket*/) {
  if (!acted_) session().fail(Exit::failure, unacted);
}

std::unique_ptr<ExperimentRun> ResetOptions::make_run(Session& session) const {
  return std::make_unique<ResetRun>(session, *this);
}

}  // namespace

std::unique_ptr<Program> make_reset() {
  return std::make_unique<ResetOptions>();
}

}  // namespace tcpkit::cmd
