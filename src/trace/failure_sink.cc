#include "trace/failure_sink.h"

namespace tcpkit::trace {

void FailureSink::write(const record::Record& record) {
  if (record.conn == 0) return;
  Kept& kept = connections_[record.conn];
  record::append_json(kept.lines, record, ++kept.seq, epoch_, data_, {});
  if (!std::holds_alternative<record::note::Summary>(record.body)) return;
  const auto node = connections_.extract(record.conn);
  over_(record.conn, node.mapped().lines);
}

}  // namespace tcpkit::trace
