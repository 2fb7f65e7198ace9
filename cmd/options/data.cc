#include "cmd/options/data.h"

#include "base/escape.h"
#include "cmd/cli/declare.h"
#include "cmd/cli/refuse.h"

namespace tcpkit::cmd {

void declare_send(Group& group, std::vector<std::string>& texts, const char* text) {
  group.list("--send", "TEXT", texts, unescape, text).with({Trait::about_stdin});
}

void declare_no_half_open(Group& group, bool& target, const char* text) {
  group.flag("--no-allow-half-open", target, text);
}

void DataGroup::declare(OptionSet& set) {
  set_ = &set;
  Group g(set, "Data");
  declare_send(g, options.send,
               "Send this first, then stdin (repeatable; C escapes such as \\n and \\x00)");
  g.flag("-C,--crlf", options.crlf, "Convert a lone LF of stdin to CRLF")
      .with({Trait::about_stdin});
  g.flag("--send-only", options.send_only,
         "Discard received data; end when our FIN is acknowledged");
  g.flag("--recv-only", options.recv_only, "Do not read stdin; send no FIN before the peer's")
      .with({Trait::about_stdin});
  g.duration("-i", options.interval, "Pause between lines of stdin").with({Trait::about_stdin});
  g.duration("-q", quit_after_,
             "After the end of stdin wait at most this long for the peer, then close")
      .with({Trait::about_stdin});
  g.size("--rate", options.rate, 1, std::size_t{1} << 40,
         "Send stdin at this many bytes a second at most")
      .with({Trait::about_stdin});
  dump.declare(set);
  declare_no_half_open(g, no_half_open_, "End at the peer's FIN, even in the middle of stdin");
  g.flag("--no-shutdown", no_shutdown_, "Send no FIN at the end of stdin");
  g.flag("-N", nc_n_, "Accepted for nc: the opposite of --no-shutdown, the default here");
}

void DataGroup::check() {
  refuse_both(*set_, "--send-only", "--recv-only");
  refuse_both(*set_, "--allow-half-open", "--no-allow-half-open");
  for (const std::string& name : set_->given(Trait::about_stdin)) {
    if (name != "--recv-only") refuse_both(*set_, name.c_str(), "--recv-only");
  }
  refuse_both(*set_, "--no-shutdown", "-N");
  options.shutdown = !no_shutdown_;
  if (set_->has("-q")) options.quit_after = quit_after_;
}

flow::HalfOpen DataGroup::half_open(bool allowed) const {
  if (allowed) return flow::HalfOpen::always;
  return no_half_open_ ? flow::HalfOpen::never : flow::HalfOpen::by_input;
}

}  // namespace tcpkit::cmd
