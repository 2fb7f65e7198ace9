#include "flow/child.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include "os/pipe.h"

namespace tcpkit::flow {
namespace {

constexpr std::chrono::milliseconds grace{2000};
constexpr std::chrono::milliseconds quiet{250};

/// The child's end: what it gets must wait, as every program expects.
void make_blocking(int fd) {
  ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) & ~O_NONBLOCK);
}

Duplex::Options duplex_options(const DataOptions& data, int from, int to) {
  Duplex::Options options;
  options.data = data;
  options.data.half_open = HalfOpen::always;  // the program decides when it has said everything
  options.input = from;
  options.output = to;
  options.input_name = "the program's output";
  return options;
}

std::vector<std::pair<std::string, std::string>> variables_of(const record::Ends& ends) {
  std::vector<std::pair<std::string, std::string>> variables;
  const bool is_unix = (ends.local && ends.local->is_unix()) || !ends.remote;
  variables.emplace_back("TCPKIT_PROTO", is_unix ? "UNIX" : "TCP");
  const auto add = [&](const std::string& side, const std::optional<Address>& address) {
    if (!address) return;
    variables.emplace_back("TCPKIT_" + side + "_ADDR", address->host());
    if (!address->is_unix())
      variables.emplace_back("TCPKIT_" + side + "_PORT", std::to_string(address->port()));
  };
  add("REMOTE", ends.remote);
  add("LOCAL", ends.local);
  return variables;
}

}  // namespace

Child::Pipes::Pipes() {
  if (!os::open_pipe(in) || !os::open_pipe(out)) {
    err = errno;
    return;
  }
  make_blocking(in[0]);
  make_blocking(out[1]);
}

Child::Pipes::~Pipes() {
  close_childs();
  for (const int fd : {in[1], out[0]}) {
    if (fd >= 0) ::close(fd);
  }
}

void Child::Pipes::close_childs() {
  for (int* fd : {in.data(), &out[1]}) {
    if (*fd >= 0) ::close(std::exchange(*fd, -1));
  }
}

Child::Child(net::Engine& engine, std::vector<std::string> words, const DataOptions& data,
             Hooks hooks, Events events)
    : engine_(engine),
      words_(std::move(words)),
      events_(std::move(events)),
      duplex_(engine, duplex_options(data, pipes_.out[0], pipes_.in[1]), wrap(std::move(hooks))),
      after_exit_(engine.loop(), [this] { after_exit(); }),
      insist_(engine.loop(), [this] { insist(); }),
      next_signal_(SIGTERM) {}

Child::~Child() = default;

Hooks Child::wrap(Hooks hooks) {
  hooks.closed = [this, closed = std::move(hooks.closed)](net::Socket& socket, bool had_error) {
    call(closed, socket, had_error);
    on_closed();
  };
  hooks.output_failed = nullptr;  // it reads no more: the rest is dropped
  hooks.done = nullptr;
  return hooks;
}

void Child::start(net::Socket& socket) {
  socket_ = &socket;
  number_ = socket.number();
  int err = pipes_.err;
  if (err == 0) {
    process_ = uv::Process::spawn(
        engine_.loop(), {words_, variables_of(socket.ends()), pipes_.in[0], pipes_.out[1]},
        [this](int status, int signum) { on_exit(status, signum); }, err);
  }
  pipes_.close_childs();
  if (process_ == nullptr) {
    engine_.loop().next_tick([this, err] {
      if (socket_ != nullptr) socket_->destroy();
      events_.failed(err);
    });
    return;
  }
  socket.emit(record::note::Spawn{process_->pid(), words_.front()});
  duplex_.start(socket);
}

void Child::on_exit(int status, int signum) {
  insist_.stop();
  if (engine_.tracer().wants(record::Layer::note)) {
    record::note::ChildExit exit{process_->pid(), {}, {}};
    if (signum == 0) {
      exit.status = status;
    } else {
      exit.signal = fmt::format("SIG{}", ::sigabbrev_np(signum));
    }
    engine_.tracer().emit(record::Role::server, number_, {}, std::move(exit));
  }
  events_.exited(status, signum);
  if (closed_) return report_if_over();
  duplex_.let_go();
  given_before_ = duplex_.given();
  after_exit_.start(quiet);
}

/// What it left in the pipe goes out. Without an end to it, another process holds the pipe.
void Child::after_exit() {
  if (closed_ || duplex_.input_over()) return;
  const std::uint64_t given = duplex_.given();
  if (std::exchange(given_before_, given) == given && !duplex_.input_waits()) {
    return duplex_.cut_off_input();
  }
  after_exit_.start(quiet);
}

void Child::on_closed() {
  socket_ = nullptr;
  closed_ = true;
  after_exit_.stop();
  duplex_.discard_output();
  duplex_.close_output();
  if (process_ != nullptr && process_->running() && !insist_.active()) insist_.start(grace);
  engine_.loop().next_tick([this] { report_if_over(); });
}

void Child::insist() {
  if (process_ == nullptr || !process_->running()) return;
  process_->kill(std::exchange(next_signal_, SIGKILL));
  insist_.start(grace);
}

void Child::report_if_over() {
  if (!over() || std::exchange(over_told_, true)) return;
  events_.over();
}

void Child::drain() {
  if (std::exchange(drained_, true)) return;
  insist();
  duplex_.drain();
}

void Child::abandon() {
  if (process_ != nullptr) process_->kill(SIGKILL);
}

}  // namespace tcpkit::flow
