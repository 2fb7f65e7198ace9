#include "script/lifecycle.h"

namespace tcpkit::script {

namespace call = record::call;
namespace ev = record::ev;

void Lifecycle::see(const record::Record& record) {
  const record::Body& body = record.body;
  if (record.role == record::Role::listener) {
    // `close` is the call, after which only connections that are there already go on.
    if (record::is_one_of<call::Close, ev::ListenerClose, ev::Failure>(body)) deaf_ = true;
    if (record::is_one_of<ev::Listening>(body)) listening_ = true;
    return;
  }
  if (record::is_one_of<ev::Connect>(body)) connected_ = true;
  if (record::is_one_of<ev::Ready>(body)) ready_ = true;
  if (record::is_one_of<ev::End>(body)) ended_ = true;
  if (record::is_one_of<ev::Finish>(body)) finished_ = true;
  if (record::is_one_of<ev::Failure>(body)) failed_ = true;
  if (record::is_one_of<ev::Close>(body)) closed_ = true;
}

bool Lifecycle::may_come(const record::Kind& kind) const {
  using record::is_one_of;
  if (kind.layer != record::Layer::event) return true;
  if (kind.of_listener) return !deaf_ && !(is_one_of<ev::Listening>(kind) && listening_);
  if (closed_) return false;
  if (is_one_of<ev::Close>(kind)) return true;
  if (failed_) return false;
  const bool before_connect =
      is_one_of<ev::Lookup, ev::Connect, ev::ConnectionAttempt, ev::ConnectionAttemptFailed,
                ev::ConnectionAttemptTimeout>(kind);
  if (before_connect) return !server_ && !connected_;
  if (is_one_of<ev::Ready>(kind)) return !server_ && !ready_;
  if (is_one_of<ev::Data, ev::End>(kind)) return !ended_;
  if (is_one_of<ev::Finish, ev::Drain>(kind)) return !finished_;
  return true;  // error, timeout
}

}  // namespace tcpkit::script
