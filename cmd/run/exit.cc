#include "cmd/run/exit.h"

namespace tcpkit::cmd {

Exit exit_of(const Error& error) {
  if (error.syscall == "getaddrinfo") return Exit::lookup;
  if (error.code == "ECONNREFUSED") return Exit::refused;
  if (error.code == "ETIMEDOUT") return Exit::timed_out;
  if (error.code == "ECONNRESET" || error.code == "EPIPE") return Exit::reset;
  if (error.code == "ERR_IP_BLOCKED") return Exit::blocked;
  return Exit::failure;
}

}  // namespace tcpkit::cmd
