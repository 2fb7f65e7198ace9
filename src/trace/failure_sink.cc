#include "trace/failure_sink.h"

#include <utility>

namespace tcpkit::trace {

void FailureSink::write(const record::Record& record) {
  // The kernel may report of a connection that was taken.
  const auto found = connections_.find(record.conn);
  if (found == connections_.end()) return;
  Kept& kept = found->second;
  record::append_json(kept.lines, record, ++kept.seq, epoch_, data_, {});
}

std::string FailureSink::take(unsigned conn) {
  auto node = connections_.extract(conn);
  return node ? std::move(node.mapped().lines) : std::string();
}

}  // namespace tcpkit::trace
