#include <fmt/format.h>

#include "base/duration.h"
#include "base/error.h"
#include "base/escape.h"
#include "cmd/declare.h"
#include "cmd/lifecycle.h"
#include "stdio/input.h"

namespace tcpkit::cmd {
namespace {

enum class First { client, server };

/// The four steps of an orderly close (RFC 9293 3.6): one end sends FIN and goes on reading, the
/// other goes on sending, then sends its own.
class HalfClose : public LifecycleCommand {
 public:
  HalfClose() : LifecycleCommand("half-close") {}

  void declare(CLI::App& app) override {
    Group g(app, "Half-close");
    g.choice<First>("--first", first_, {{"client", First::client}, {"server", First::server}},
                    "Who ends first (client)");
    g.list("--send", "TEXT", send_, unescape,
           "Data before our FIN, in place of stdin (repeatable; C escapes)");
    g.duration("--delay", delay_, "Time between the peer's FIN and our answer (0)");
    g.flag("--no-allow-half-open", no_half_open_, "The contrast: the peer's FIN ends us at once");
    LifecycleCommand::declare(app);
  }

  void on_data(net::Socket& /*socket*/, std::string_view bytes) override {
    if (half_open_since_ != 0) crossed_in_ += bytes.size();
  }
  void on_end(net::Socket& socket) override;
  void on_finish(net::Socket& socket) override;
  void on_drain(net::Socket& /*socket*/) override { send_input(); }

 protected:
  void on_open(net::Socket& socket) override;
  void on_stop() override;
  trace::note::Summary summarise(net::Socket& socket) override;
  void adjust(net::Socket::Options& options) const override {
    options.allow_half_open = !no_half_open_;
  }

 private:
  [[nodiscard]] bool we_end_first() const { return (first_ == First::client) == !listening(); }
  [[nodiscard]] const char* us() const { return listening() ? "server" : "client"; }
  [[nodiscard]] const char* them() const { return listening() ? "client" : "server"; }
  [[nodiscard]] std::uint64_t now() { return uv_hrtime(); }
  void send_and_end();
  void send_input();
  void end();

  First first_ = First::client;
  std::vector<std::string> send_;
  std::chrono::milliseconds delay_{0};
  bool no_half_open_ = false;

  net::Socket* socket_ = nullptr;
  std::unique_ptr<stdio::Input> input_;
  std::unique_ptr<uv::Timer> delay_timer_;
  std::uint64_t half_open_since_ = 0;
  std::uint64_t half_open_for_ = 0;
  std::uint64_t crossed_in_ = 0;
  std::uint64_t written_before_ = 0;
  const char* ended_first_ = nullptr;
};

void HalfClose::on_open(net::Socket& socket) {
  socket_ = &socket;
  delay_timer_ = std::make_unique<uv::Timer>(session().loop(), [this] { send_and_end(); });
  if (we_end_first()) send_and_end();
}

/// Our data, from --send or stdin, then our FIN.
void HalfClose::send_and_end() {
  if (socket_ == nullptr || !socket_->writable()) return;
  for (const std::string& text : send_)
    socket_->write(text);
  input_ = std::make_unique<stdio::Input>(session().loop(), 0, [this] { send_input(); });
  if (!send_.empty() || input_->kind() == stdio::Input::Kind::terminal) return end();
  send_input();
}

void HalfClose::send_input() {
  static constexpr std::size_t block_size = 65536;
  if (socket_ == nullptr || !input_ || !socket_->writable()) return;
  std::string block(block_size, '\0');
  if (socket_->writable_length() >= socket_->high_water_mark()) return;  // on_drain
  const ssize_t n = input_->read(block.data(), block.size());
  if (n == -EAGAIN) return input_->wait();
  if (n > 0) {
    // One block a turn, so that reading has its turn, too.
    if (socket_->write({block.data(), static_cast<std::size_t>(n)})) input_->wait();
    return;
  }
  if (n < 0) {
    session().fail(Exit::failure, "cannot read stdin: " + errno_text(static_cast<int>(-n)));
  }
  end();
}

void HalfClose::end() {
  note(fmt::format("step {} of 4: the {} sends its FIN, by end()", ended_first_ == nullptr ? 1 : 3,
                   us()));
  socket_->end();
}

void HalfClose::on_finish(net::Socket& socket) {
  if (socket.read_ended()) {
    half_open_for_ = now() - half_open_since_;
    return;
  }
  ended_first_ = us();
  half_open_since_ = now();
}

void HalfClose::on_end(net::Socket& socket) {
  if (ended_first_ != nullptr) {
    half_open_for_ = now() - half_open_since_;
    note(fmt::format("step 4 of 4: the {} has the {}'s FIN, by the event end", us(), them()));
    return;
  }
  ended_first_ = them();
  half_open_since_ = now();
  written_before_ = socket.bytes_written();
  note(fmt::format("step 2 of 4: the {} has the {}'s FIN, by the event end", us(), them()));
  if (no_half_open_) {
    note(fmt::format("step 3 of 4: the {} sends its FIN at once, since half-open is off", us()));
  } else {
    delay_timer_->start(delay_);
  }
}

void HalfClose::on_stop() {
  if (input_) input_->stop();
  if (delay_timer_) delay_timer_->stop();
}

trace::note::Summary HalfClose::summarise(net::Socket& socket) {
  const bool both = socket.read_ended() && socket.finished();
  const std::uint64_t out = ended_first_ == them() ? socket.bytes_written() - written_before_ : 0;
  const std::uint64_t crossed = crossed_in_ + out;
  const double ms = static_cast<double>(half_open_for_) / 1e6;
  trace::note::Summary summary;
  if (ended_first_ == nullptr) {
    summary.text = "nobody ended: the connection was closed otherwise";
  } else if (!both) {
    summary.text = fmt::format("the {} ended first, the {} never did", ended_first_,
                               ended_first_ == us() ? them() : us());
  } else {
    summary.text =
        fmt::format("the {} ended first; half-open for {:.3f} ms, {} bytes crossed {}",
                    ended_first_, ms, crossed,
                    crossed == 0 ? "meanwhile"
                                 : fmt::format("meanwhile, from {} to {}",
                                               ended_first_ == us() ? them() : us(), ended_first_));
  }
  summary.figures = {{"first", std::string(ended_first_ == nullptr ? "nobody" : ended_first_)},
                     {"halfOpenUs", static_cast<std::int64_t>(half_open_for_ / 1000)},
                     {"bytesMeanwhile", static_cast<std::int64_t>(crossed)}};
  socket_ = nullptr;
  return summary;
}

}  // namespace

std::unique_ptr<Program> make_half_close() {
  return std::make_unique<HalfClose>();
}

}  // namespace tcpkit::cmd
