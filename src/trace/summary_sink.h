#pragma once

#include <memory>
#include <string>

#include "trace/tracer.h"
#include "trace/writer.h"

namespace tcpkit::trace {

/// A line for people about each connection that is over, and nothing else.
class SummarySink : public Sink {
 public:
  /// `prefix` begins each line. `bare`: the line is of the only connection there is, whose name and
  /// ends need not be told.
  SummarySink(std::unique_ptr<Writer> writer, std::string prefix, bool bare);
  void write(const record::Record& record) override;
  void flush() override { writer_->flush(); }

 private:
  std::unique_ptr<Writer> writer_;
  std::string prefix_;
  bool bare_;
};

}  // namespace tcpkit::trace
