#pragma once

#include "record/kinds.h"

namespace tcpkit::script {

/// What may still happen to a connection and to the listener, by the grammar of record/record.h.
class Lifecycle {
 public:
  /// `server`: the connection is an accepted one.
  explicit Lifecycle(bool server) : server_(server) {}

  void see(const record::Record& record);
  /// False where no such event can come any more. The kernel and the wire go on behind `close`.
  [[nodiscard]] bool may_come(const record::Kind& kind) const;

 private:
  bool server_;
  bool connected_ = false;
  bool ready_ = false;
  bool ended_ = false;
  bool finished_ = false;
  bool failed_ = false;
  bool closed_ = false;
  bool listening_ = false;
  bool deaf_ = false;  ///< the listener takes no more clients
};

}  // namespace tcpkit::script
