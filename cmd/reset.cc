#include <fmt/format.h>
#include <sys/ioctl.h>

#include "base/duration.h"
#include "base/escape.h"
#include "base/size.h"
#include "cmd/declare.h"
#include "cmd/lifecycle.h"
#include "cmd/usage_error.h"
#include "net/closing.h"
#include "net/socket_options.h"

namespace tcpkit::cmd {
namespace {

enum class Method { reset, destroy, destroy_soon, end, linger };

/// When to act: at an event of the connection, after a time, or after so many received bytes.
struct Moment {
  enum class Kind { connect, send, data, end, time, bytes } kind = Kind::connect;
  std::chrono::milliseconds time{0};
  std::uint64_t bytes = 0;
};

/// A bare number is bytes here; a time has its unit.
std::optional<Moment> parse_moment(const std::string& text, std::string& why) {
  if (text == "connect") return Moment{Moment::Kind::connect, {}, 0};
  if (text == "send") return Moment{Moment::Kind::send, {}, 0};
  if (text == "data") return Moment{Moment::Kind::data, {}, 0};
  if (text == "end") return Moment{Moment::Kind::end, {}, 0};
  std::string ignored;
  if (const auto size = parse_size(text, ignored); size && *size > 0) {
    return Moment{Moment::Kind::bytes, {}, *size};
  }
  if (const auto time = parse_duration(text, ignored)) return Moment{Moment::Kind::time, *time, 0};
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

/// Ends a connection in one of the ways there are, and says what that put on the wire.
class Reset : public LifecycleCommand {
 public:
  Reset() : LifecycleCommand("reset") {}

  void declare(CLI::App& app) override {
    Group g(app, "Reset");
    g.choice<Method>("--method", method_,
                     {{"reset", Method::reset},
                      {"destroy", Method::destroy},
                      {"destroySoon", Method::destroy_soon},
                      {"end", Method::end},
                      {"linger", Method::linger}},
                     "How to end it (reset)");
    g.value("--after", "connect|send|data|end|DURATION|BYTES", moment_, parse_moment,
            "When: at an event, after a time, or after so many received bytes (connect)");
    g.list("--send", "TEXT", send_, unescape, "Send this first (repeatable; C escapes)");
    g.flag("--unread", unread_, "Leave what arrives unread in the kernel");
    LifecycleCommand::declare(app);
  }

  void accept(const std::vector<std::string>& arguments) override {
    LifecycleCommand::accept(arguments);
    if (moment_.kind == Moment::Kind::send && send_.empty()) {
      throw UsageError("--after send needs something to send; add --send TEXT");
    }
    if (unread_ && (moment_.kind == Moment::Kind::end || moment_.kind == Moment::Kind::bytes)) {
      throw UsageError("--unread: nothing is read then; write --after data, or a time");
    }
    needs_rst_ = method_ == Method::reset || method_ == Method::linger;
  }

  void on_data(net::Socket& socket, std::string_view /*bytes*/) override;
  void on_end(net::Socket& socket) override;
  void on_drain(net::Socket& socket) override;
  void on_finish(net::Socket& socket) override;

 protected:
  void on_open(net::Socket& socket) override;
  void on_stop() override;
  trace::note::Summary summarise(net::Socket& socket) override;
  void adjust(net::Socket::Options& options) const override {
    options.allow_half_open = true;  // --after end acts in CLOSE_WAIT
    options.paused = unread_;
  }

 private:
  void act(net::Socket& socket);
  static void set_linger_zero(net::Socket& socket);
  void look_for_unread();

  Method method_ = Method::reset;
  Moment moment_;
  std::vector<std::string> send_;
  bool unread_ = false;
  bool needs_rst_ = false;

  net::Socket* socket_ = nullptr;
  std::unique_ptr<uv::Timer> timer_;
  bool acted_ = false;
  net::Closing outcome_;
};

void Reset::on_open(net::Socket& socket) {
  socket_ = &socket;
  for (const std::string& text : send_)
    socket.write(text);
  switch (moment_.kind) {
    case Moment::Kind::connect:
      return act(socket);
    case Moment::Kind::send:
      if (socket.writable_length() == 0) act(socket);
      return;
    case Moment::Kind::time:
      timer_ = std::make_unique<uv::Timer>(session().loop(), [this] { act(*socket_); });
      return timer_->start(moment_.time);
    case Moment::Kind::data:
      if (!unread_) return;
      timer_ = std::make_unique<uv::Timer>(session().loop(), [this] { look_for_unread(); });
      return look_for_unread();
    case Moment::Kind::end:
    case Moment::Kind::bytes:
      return;
  }
}

/// A paused connection is not polled: ask the kernel what has come.
void Reset::look_for_unread() {
  static constexpr std::chrono::milliseconds again{2};
  int waiting = 0;
  ::ioctl(socket_->fd(), FIONREAD, &waiting);
  if (waiting > 0) {
    act(*socket_);
  } else {
    timer_->start(again);
  }
}

void Reset::on_drain(net::Socket& socket) {
  if (moment_.kind == Moment::Kind::send) act(socket);
}

void Reset::on_data(net::Socket& socket, std::string_view /*bytes*/) {
  const bool enough = moment_.kind == Moment::Kind::data ||
                      (moment_.kind == Moment::Kind::bytes && socket.bytes_read() >= moment_.bytes);
  if (enough) act(socket);
}

void Reset::on_end(net::Socket& socket) {
  if (moment_.kind == Moment::Kind::end) {
    session().loop().next_tick([this, &socket] { act(socket); });
  } else if (!acted_ || method_ == Method::end) {
    socket.end();  // the peer was first: an orderly end
  }
}

void Reset::act(net::Socket& socket) {
  if (acted_ || socket.destroyed()) return;
  acted_ = true;
  const bool is_tcp = !socket.is_unix();
  const bool zero = socket_options().options.socket.linger == 0;
  if (is_tcp) outcome_ = net::predict_close(socket.fd(), needs_rst_ || zero, !socket.writable());
  switch (method_) {
    case Method::reset:
      return socket.reset_and_destroy();
    case Method::linger:
      set_linger_zero(socket);
      return socket.destroy();
    case Method::destroy:
      return socket.destroy();
    case Method::destroy_soon:
      outcome_ = {net::Closing::Goes::fin, "destroySoon() is end(), then destroy() at finish"};
      return socket.destroy_soon();
    case Method::end:
      outcome_ = {net::Closing::Goes::fin, "end() sends FIN behind the data and goes on reading"};
      socket.resume();
      return socket.end();
  }
}

void Reset::set_linger_zero(net::Socket& socket) {
  net::SocketOptions only;
  only.linger = 0;
  net::apply_early(socket.fd(), 0, only, [&](std::string_view option, const std::string& value) {
    socket.emit(trace::call::SetSockOpt{option, value});
  });
}

/// destroySoon() closes right after this.
void Reset::on_finish(net::Socket& socket) {
  if (method_ != Method::destroy_soon || !acted_ || socket.is_unix()) return;
  const bool zero = socket_options().options.socket.linger == 0;
  const net::Closing closing = net::predict_close(socket.fd(), zero, true);
  if (closing.goes != net::Closing::Goes::rst) return;
  outcome_ = {closing.goes, "behind the FIN of destroySoon(): " + closing.why};
}

void Reset::on_stop() {
  if (timer_) timer_->stop();
}

trace::note::Summary Reset::summarise(net::Socket& socket) {
  trace::note::Summary summary;
  std::string sent = "nothing";
  if (!acted_) {
    summary.text = "the connection ended before its moment had come: nothing was aborted";
    session().fail(Exit::failure, summary.text);
  } else if (socket.is_unix()) {
    sent = "none";
    summary.text = fmt::format("{}: a Unix socket has neither FIN nor RST", name_of(method_));
  } else {
    if (outcome_.goes == net::Closing::Goes::fin) sent = "FIN";
    if (outcome_.goes == net::Closing::Goes::rst) sent = "RST";
    summary.text = fmt::format("{} went out by {}: {}", sent, name_of(method_), outcome_.why);
  }
  summary.figures = {{"sent", sent}, {"why", outcome_.why}};
  socket_ = nullptr;
  return summary;
}

}  // namespace

std::unique_ptr<Program> make_reset() {
  return std::make_unique<Reset>();
}

}  // namespace tcpkit::cmd
