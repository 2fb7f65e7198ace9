#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "record/write_json.h"
#include "trace/tracer.h"

namespace tcpkit::trace {

/// Keeps the records of connections as JSON until somebody takes them: the traces of failed tries.
/// Memory grows with what the kept connections have reported.
class FailureSink : public Sink {
 public:
  FailureSink(record::Epoch epoch, record::DataView data) : epoch_(epoch), data_(data) {}
  void write(const record::Record& record) override;
  void flush() override {}

  /// Begins with this connection, before its first record.
  void keep(unsigned conn) { connections_.try_emplace(conn); }
  /// The trace of a connection so far, a line for each record; it is kept no longer.
  std::string take(unsigned conn);

 private:
  struct Kept {
    std::string lines;
    std::uint64_t seq = 0;
  };
  record::Epoch epoch_;
  record::DataView data_;
  std::map<unsigned, Kept> connections_;
};

}  // namespace tcpkit::trace
