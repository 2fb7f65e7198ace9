#include "cmd/run/console.h"

#include <unistd.h>

#include "trace/writer.h"

namespace tcpkit::cmd {

void Console::say(const std::string& text) {
  if (json_) {
    tracer_.emit(record::Role::none, 0, {}, record::note::Message{text});
    tracer_.write_out();
    return;
  }
  // Both may be on the same terminal: in order. What is held for its order is not: it comes later.
  tracer_.write_out();
  trace::write_all(STDERR_FILENO, "tcpkit " + command_ + ": " + text + "\n");
}

}  // namespace tcpkit::cmd
