#pragma once

#include <memory>
#include <optional>
#include <string>

#include "flow/data_options.h"
#include "flow/delivery.h"
#include "flow/hooks.h"
#include "flow/pump.h"
#include "net/socket.h"
#include "stdio/output.h"

namespace tcpkit::flow {

/// stdin to one connection, the connection to stdout: what `connect` and `listen` are. Give it to
/// the socket as its handler; a client starts at `connect`, a server with start(). The socket must
/// be created with allow_half_open: the duplex answers the peer's FIN.
class Duplex : public net::SocketHandler, private Taker {
 public:
  struct Options {
    DataOptions data;
    bool server = false;  ///< a stdin that ends before it gave a byte is no message
    /// Steps write to the socket in place of stdin, which is left alone. The socket is created with
    /// its true allow_half_open.
    bool scripted = false;
    // In place of stdin and stdout: those of a program, which the caller owns.
    int input = 0;
    int output = 1;
    std::string input_name = "stdin";  ///< for people
  };
  Duplex(net::Engine& engine, const Options& options, Hooks hooks);

  void start(net::Socket& socket);
  /// The steps are over, as stdin might be; the socket need not be connected yet.
  void end_steps(net::Socket& socket);
  /// Reads stdin no longer, ends the connection behind what is queued, drops what comes where
  /// stdout is slow or gone.
  void drain();
  /// Gives up on a slow stdout.
  void discard_output();
  /// Its reader sees the end, once all is written.
  void close_output() { output_.close(); }

  // For a program in place of stdin and stdout.
  /// It has exited: the connection closes once the peer has acknowledged everything.
  void let_go();
  [[nodiscard]] bool input_over() const { return reading_ != Reading::yes; }
  /// There are bytes that the connection has not taken.
  [[nodiscard]] bool input_waits() const { return pump_.held() > 0 || pump_.input().readable(); }
  /// Bytes that the input has given us, sent or not.
  [[nodiscard]] std::uint64_t given() const { return pump_.given() + pump_.held(); }
  /// Takes what is missing of the input as its end.
  void cut_off_input();

  void on_connect(net::Socket& socket) override { start(socket); }
  void on_data(net::Socket& socket, std::string_view bytes) override;
  void on_end(net::Socket& socket) override;
  void on_drain(net::Socket& socket) override;
  void on_writable(net::Socket& socket) override;
  void on_finish(net::Socket& socket) override;
  bool delays_close(net::Socket& socket) override;
  void on_timeout(net::Socket& socket, record::ev::TimeoutKind kind) override;
  void on_close(net::Socket& socket, bool had_error) override;
  bool splices(net::Socket& socket) override;
  ssize_t on_splice(net::Socket& socket, int fd, std::size_t most) override;
  void on_error(net::Socket& socket, const Error& error) override;

 private:
  enum class Reading { no, yes, ended };
  static constexpr std::chrono::milliseconds quiet_second{1000};

  void send_first();
  Room room() override;
  void take(std::string_view block) override;
  net::Socket* direct() override;
  void input_ended() override;
  void input_failed(int err) override;
  void stop_input();
  void end_input(net::Socket& socket);
  void end_and_deliver(net::Socket& socket);
  void send_rest(net::Socket& socket);
  void cut_input(net::Socket& socket);
  void after_quiet_second();
  void quit();
  void close_connection();
  void stuck(std::size_t bytes);
  void finish_if_done();

  net::Engine& engine_;
  Options options_;
  Hooks hooks_;
  net::Socket* socket_ = nullptr;
  Pump pump_;
  stdio::Output output_;
  Reading reading_ = Reading::no;
  bool sent_first_ = false;  ///< something of --send
  bool draining_ = false;
  bool closed_ = false;
  bool let_go_ = false;  ///< nobody reads what arrives
  bool done_told_ = false;
  uv::Limit quit_limit_;
  uv::Limit quiet_limit_;           ///< runs from the peer's FIN on
  std::uint64_t given_before_ = 0;  ///< by stdin, when quiet_limit_ began
  Delivery delivery_;
};

}  // namespace tcpkit::flow
