#include "net/socket.h"
#include "net/watcher.h"

namespace tcpkit::net {

std::optional<OptionError> Socket::change(const OptionChange& change) {
  if (state_ != State::open) return {};
  const auto report = [&](std::string_view option, const std::string& value) {
    emit(record::call::SetSockOpt{option, value});
  };
  for (const auto stage : {SocketOption::Stage::early, SocketOption::Stage::connected}) {
    if (auto failed = apply_options(fd_, family(), change.set, stage, report)) return failed;
  }
  for (Watcher* w : engine_.watchers())
    w->on_change(watched());
  emit_option_calls(change.set);
  if (change.allow_half_open) options_.allow_half_open = *change.allow_half_open;
  if (change.high_water_mark) options_.high_water_mark = *change.high_water_mark;
  if (change.timeout_action) options_.timeout_action = *change.timeout_action;
  if (change.timeout) set_timeout(*change.timeout);
  return {};
}

void Socket::emit_option_calls(const SocketOptions& options) {
  if (const auto call = no_delay_record(options)) emit(*call);
  if (const auto call = keep_alive_record(options)) emit(*call);
}

int Socket::family() const {
  return ends_.local ? ends_.local->family() : 0;
}

void Socket::cut() {
  cut_ = true;
  watch();
  discards(true);
}

void Socket::discards(bool on) {
  for (Watcher* w : engine_.watchers())
    w->on_discard(watched(), on);
}

}  // namespace tcpkit::net
