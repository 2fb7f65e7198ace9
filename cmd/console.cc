#include "cmd/console.h"

#include <unistd.h>

#include "trace/writer.h"

namespace tcpkit::cmd {

void Console::say(const std::string& text) {
  if (json_) {
    tracer_.emit(trace::Role::none, 0, {}, trace::note::Message{text});
    tracer_.settle();
    return;
  }
  tracer_.flush();  // both may be on the same terminal: in order
  trace::write_all(STDERR_FILENO, "tcpkit " + command_ + ": " + text + "\n");
}

}  // namespace tcpkit::cmd
