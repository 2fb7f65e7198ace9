#include "net/socket.h"
#include "net/watcher.h"

namespace tcpkit::net {

std::optional<OptionError> Socket::change(const OptionChange& change) {
  if (state_ != State::open) return {};
  const auto report = [&](std::string_view option, const std::string& value) {
    emit(record::call::SetSockOpt{option, value});
  };
  const int family = ends_.local ? ends_.local->family() : 0;
  if (auto failed = apply_change(fd_, family, change, report)) return failed;
  for (Watcher* w : engine_.watchers())
    w->on_change(*this);
  if (change.no_delay) emit(record::call::SetNoDelay{*change.no_delay});
  if (change.keep_alive) {
    const KeepAlive& k = change.probes;
    emit(record::call::SetKeepAlive{k.idle, k.interval, k.count, *change.keep_alive});
  }
  if (change.allow_half_open) options_.allow_half_open = *change.allow_half_open;
  if (change.high_water_mark) options_.high_water_mark = *change.high_water_mark;
  if (change.timeout_action) options_.timeout_action = *change.timeout_action;
  if (change.timeout) set_timeout(*change.timeout);
  return {};
}

void Socket::cut() {
  cut_ = true;
  watch();
  discards(true);
}

void Socket::discards(bool on) {
  for (Watcher* w : engine_.watchers())
    w->on_discard(*this, on);
}

}  // namespace tcpkit::net
