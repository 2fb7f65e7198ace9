#include <fmt/core.h>

#include <algorithm>

#include "base/error.h"
#include "base/escape.h"
#include "cmd/cli/declare.h"
#include "cmd/cli/refuse.h"
#include "cmd/options/data.h"
#include "cmd/run/experiment.h"
#include "flow/pump.h"

namespace tcpkit::cmd {
namespace {

enum class First { client, server };

/// The options of `half-close`, parsed.
struct HalfCloseOptions : ExperimentCommand {
  HalfCloseOptions() : ExperimentCommand("half-close") {}

  First first = First::client;
  std::vector<std::string> send;
  std::chrono::milliseconds delay{0};
  bool no_half_open = false;

  void declare(OptionSet& set) override {
    Group g(set, "Half-close");
    g.choice<First>("--first", first, {{"client", First::client}, {"server", First::server}},
                    "Select the end that closes first (client)");
    declare_send(g, send, "Send this before our FIN, instead of stdin (repeatable; C escapes)");
    g.duration("--delay", delay, "Wait this time between the peer's FIN and our answer (0)");
    declare_no_half_open(g, no_half_open, "Show the contrast: end at once at the peer's FIN");
    ExperimentCommand::declare(set);
  }

  void accept(const std::vector<std::string>& arguments) override {
    ExperimentCommand::accept(arguments);
    refuse_both(set(), "--allow-half-open", "--no-allow-half-open");
  }

  [[nodiscard]] bool we_end_first() const { return (first == First::client) == !listening(); }
  [[nodiscard]] const char* us() const { return listening() ? "server" : "client"; }
  [[nodiscard]] const char* them() const { return listening() ? "client" : "server"; }

 protected:
  [[nodiscard]] std::unique_ptr<ExperimentRun> make_run(Session& session) const override;
  void adjust(net::Socket::Options& options) const override {
    options.allow_half_open = !no_half_open;
  }
};

/// The four steps of an orderly close (RFC 9293 3.6): one end sends FIN and goes on reading, the
/// other goes on sending, then sends its own.
class HalfCloseRun : public ExperimentRun, public flow::Taker {
 public:
  HalfCloseRun(Session& session, const HalfCloseOptions& asked)
      : ExperimentRun(session, asked), asked_(asked) {}

  void on_data(net::Socket& /*socket*/, std::string_view bytes) override {
    if (half_open_since_ != 0) crossed_in_ += bytes.size();
  }
  void on_end(net::Socket& socket) override;
  void on_finish(net::Socket& socket) override;
  void on_drain(net::Socket& /*socket*/) override {
    if (pump_) pump_->run();
  }

 protected:
  void on_open(net::Socket& socket) override;
  void on_stop() override;
  void summarise(net::Socket& socket, record::Outcome& outcome) override;

 private:
  void send_and_end(net::Socket& socket);
  Room room() override;
  void take(std::string_view block) override { socket_->write(block); }
  void input_ended() override { socket_->end(); }
  void input_failed(int err) override;
  [[nodiscard]] std::string describe(bool both, std::uint64_t crossed) const;

  const HalfCloseOptions& asked_;
  bool sending_ = false;  ///< our data is on its way, our FIN follows it
  net::Socket* socket_ = nullptr;
  std::unique_ptr<flow::Pump> pump_;
  std::unique_ptr<uv::Timer> delay_timer_;
  const char* ended_first_ = nullptr;
  std::uint64_t half_open_since_ = 0;  ///< uv_hrtime() of the first FIN
  std::uint64_t half_open_for_ = 0;    ///< nanoseconds, to the second FIN
  std::uint64_t crossed_in_ = 0;       ///< bytes received since the first FIN
  std::uint64_t written_before_ = 0;   ///< bytes sent before the peer's, where that was the first
};

void HalfCloseRun::on_open(net::Socket& socket) {
  if (asked_.we_end_first()) return send_and_end(socket);
  note(fmt::format("the {} is to end first: waiting for its FIN", asked_.them()));
}

/// Our data, from --send or stdin, then our FIN.
void HalfCloseRun::send_and_end(net::Socket& socket) {
  if (sending_ || !socket.writable() || session().stopping()) return;
  sending_ = true;
  for (const std::string& text : asked_.send)
    socket.write(text);
  if (!asked_.send.empty()) return socket.end();
  socket_ = &socket;
  pump_ = std::make_unique<flow::Pump>(session().loop(), 0, flow::Pump::Options{}, *this);
  if (pump_->input().kind() == stdio::Input::Kind::terminal) return socket.end();
  pump_->start();
}

flow::Taker::Room HalfCloseRun::room() {
  if (!socket_->writable() || session().stopping()) return Room::nobody;
  return socket_->writable_length() < socket_->high_water_mark() ? Room::yes : Room::full;
}

void HalfCloseRun::input_failed(int err) {
  session().fail(Exit::failure, "cannot read stdin: " + errno_text(err));
}

/// Our FIN is with the kernel: step 1, or step 3 behind the peer's.
void HalfCloseRun::on_finish(net::Socket& socket) {
  if (socket.read_ended()) {
    half_open_for_ = uv_hrtime() - half_open_since_;
    note(fmt::format("step 3 of 4: the {} sends its FIN, by end(){}", asked_.us(),
                     asked_.no_half_open ? ", at once: half-open is off" : ""));
    return;
  }
  ended_first_ = asked_.us();
  half_open_since_ = uv_hrtime();
  note(fmt::format("step 1 of 4: the {} sends its FIN, by end()", asked_.us()));
}

void HalfCloseRun::on_end(net::Socket& socket) {
  if (ended_first_ != nullptr) {
    half_open_for_ = uv_hrtime() - half_open_since_;
    note(fmt::format("step 4 of 4: the {} has the {}'s FIN, by the event end", asked_.us(),
                     asked_.them()));
    return;
  }
  ended_first_ = asked_.them();
  half_open_since_ = uv_hrtime();
  written_before_ = socket.bytes_written();
  note(fmt::format("step 2 of 4: the {} has the {}'s FIN, by the event end", asked_.us(),
                   asked_.them()));
  if (asked_.no_half_open) {
    if (pump_) pump_->stop();
  } else if (!sending_) {
    delay_timer_ =
        std::make_unique<uv::Timer>(session().loop(), [this, &socket] { send_and_end(socket); });
    delay_timer_->start(asked_.delay);
  }
}

void HalfCloseRun::on_stop() {
  if (pump_) pump_->stop();
  if (delay_timer_) delay_timer_->stop();
}

std::string HalfCloseRun::describe(bool both, std::uint64_t crossed) const {
  static constexpr double ns_per_ms = 1e6;
  const double ms = static_cast<double>(half_open_for_) / ns_per_ms;
  const char* second = ended_first_ == asked_.us() ? asked_.them() : asked_.us();
  std::string text;
  if (both) {
    text = fmt::format("the {} ended first; half-open for {:.3f} ms; ", ended_first_, ms);
  } else {
    text = fmt::format("the {} ended first, the {} never did; half-open for {:.3f} ms; ",
                       ended_first_, second, ms);
  }
  if (crossed == 0) {
    text += "no bytes crossed meanwhile";
  } else {
    text += fmt::format("{} byte{} crossed meanwhile, from {} to {}", crossed,
                        crossed == 1 ? "" : "s", second, ended_first_);
  }
  if (asked_.no_half_open && !sending_ && !asked_.send.empty()) {
    text += "; --send was never sent: without half-open the peer's FIN ends us, too";
  }
  return text;
}

void HalfCloseRun::summarise(net::Socket& socket, record::Outcome& outcome) {
  static constexpr std::uint64_t ns_per_us = 1000;
  if (ended_first_ == nullptr) {
    outcome.text = "nobody ended: the connection was closed otherwise";
    outcome.orderly = false;
    return;
  }
  // The peer's FIN may have been there, unread, when we sent ours.
  if (outcome.ended_first)
    ended_first_ = *outcome.ended_first == asked_.us() ? asked_.us() : asked_.them();
  const bool both = socket.read_ended() && socket.finished();
  if (!both) half_open_for_ = uv_hrtime() - half_open_since_;
  std::uint64_t crossed = crossed_in_;
  if (ended_first_ == asked_.them()) {
    const std::uint64_t sent = socket.bytes_written() - socket.writable_length();
    crossed = sent - std::min(sent, written_before_);
  }
  outcome.text = describe(both, crossed);
  outcome.orderly = both && outcome.outcome == "ok";
  outcome.half_open_us = half_open_for_ / ns_per_us;
  outcome.bytes_meanwhile = crossed;
}

std::unique_ptr<ExperimentRun> HalfCloseOptions::make_run(Session& session) const {
  return std::make_unique<HalfCloseRun>(session, *this);
}

}  // namespace

std::unique_ptr<Program> make_half_close() {
  return std::make_unique<HalfCloseOptions>();
}

}  // namespace tcpkit::cmd
