#include "cmd/run/watchdog.h"

#include <unistd.h>

#include <array>
#include <csignal>

namespace tcpkit::cmd {
namespace {

constexpr unsigned grace = 1;  // seconds between the first SIGALRM and the end

// What signal handlers may touch.
volatile std::sig_atomic_t pending = 0;  // signals that the loop has not heard of
volatile std::sig_atomic_t deadline = 0;
volatile std::sig_atomic_t warned = 0;
volatile std::sig_atomic_t exit_status = 0;
volatile std::sig_atomic_t signalled = 0;
std::array<void (*)(int), NSIG> handlers{};  // libuv's

void on_signal(int signum) {
  static constexpr unsigned draining = 2;
  if (signalled == 0) exit_status = 128 + signum;  // the first one is the cause
  signalled = 1;
  warned = pending != 0 ? 1 : 0;
  pending = 1;
  ::alarm(warned != 0 ? grace : draining);
  handlers[static_cast<std::size_t>(signum)](signum);
}

/// Twice before the end: where the whole program was stopped, the loop has its chance first.
void on_alarm(int /*signum*/) {
  if (pending == 0 && deadline == 0) return;
  if (warned != 0) ::_exit(exit_status);
  warned = 1;
  ::alarm(grace);
}

void handle(int signum, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  ::sigfillset(&action.sa_mask);
  ::sigaction(signum, &action, nullptr);
}

}  // namespace

Watchdog::Watchdog() {
  handle(SIGALRM, on_alarm);
}

Watchdog::~Watchdog() {
  heard();
}

void Watchdog::guard(int signum) {
  struct sigaction old {};
  ::sigaction(signum, nullptr, &old);
  handlers[static_cast<std::size_t>(signum)] = old.sa_handler;
  handle(signum, on_signal);
}

void Watchdog::guard_deadline(std::chrono::milliseconds left, int status) {
  exit_status = status;
  deadline = 1;
  ::alarm(static_cast<unsigned>(std::chrono::ceil<std::chrono::seconds>(left).count()) + grace);
}

void Watchdog::heard() {
  ::alarm(0);
  pending = 0;
  deadline = 0;
  warned = 0;
}

}  // namespace tcpkit::cmd
