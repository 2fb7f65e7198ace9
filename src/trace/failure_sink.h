#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "record/write_json.h"
#include "trace/tracer.h"

namespace tcpkit::trace {

/// Keeps the records of each connection as JSON until it is over, and then asks whether they are
/// wanted. Memory grows with what the open connections have told.
class FailureSink : public Sink {
 public:
  /// `over` is given the number of a connection and its trace, a line for each record, after its
  /// summary.
  using Over = std::function<void(unsigned conn, const std::string& trace)>;
  FailureSink(record::Epoch epoch, record::DataView data, Over over)
      : epoch_(epoch), data_(data), over_(std::move(over)) {}
  void write(const record::Record& record) override;
  void flush() override {}

 private:
  struct Kept {
    std::string lines;
    std::uint64_t seq = 0;
  };
  record::Epoch epoch_;
  record::DataView data_;
  Over over_;
  std::map<unsigned, Kept> connections_;
};

}  // namespace tcpkit::trace
