#include "script/lifecycle.h"

namespace tcpkit::script {

void Lifecycle::see(const record::Record& record) {
  const std::string_view name = record.name();
  if (record.role == record::Role::listener) {
    // `close` is the call, after which only connections that are there already go on.
    if (name == "close" || name == "error") deaf_ = true;
    if (name == "listening") listening_ = true;
    return;
  }
  if (record.layer() != record::Layer::event) return;
  if (name == "connect") connected_ = true;
  if (name == "ready") ready_ = true;
  if (name == "end") ended_ = true;
  if (name == "finish") finished_ = true;
  if (name == "error") failed_ = true;
  if (name == "close") closed_ = true;
}

bool Lifecycle::may_come(std::string_view event) const {
  if (event == record::wire::Segment::name) return true;
  if (is_listener_event(event)) return !deaf_ && (event != "listening" || !listening_);
  if (closed_) return false;
  if (event == "close") return true;
  if (failed_) return false;
  if (event == "lookup" || event == "connect" || event.starts_with("connectionAttempt")) {
    return !server_ && !connected_;
  }
  if (event == "ready") return !server_ && !ready_;
  if (event == "data" || event == "end") return !ended_;
  if (event == "finish" || event == "drain") return !finished_;
  return true;  // error, timeout
}

}  // namespace tcpkit::script
