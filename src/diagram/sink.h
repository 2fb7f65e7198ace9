#pragma once

#include <memory>

#include "diagram/collection.h"
#include "diagram/ladder.h"
#include "trace/json_sink.h"
#include "trace/tracer.h"
#include "trace/writer.h"

namespace tcpkit::diagram {

/// Draws the records of this run when it is over. Each goes the way of a saved trace: as a line of
/// JSON through the same reader, so that both give the same diagram.
class Sink : public trace::Sink {
 public:
  Sink(std::unique_ptr<trace::Writer> writer, record::Epoch epoch, record::DataView data, Form form,
       LadderStyle style);
  void write(const record::Record& record) override;
  /// Nothing can be drawn before the end.
  void flush() override {}
  /// To be called once, behind the last record.
  void finish();

 private:
  std::unique_ptr<trace::Writer> writer_;
  record::Epoch epoch_;
  record::DataView data_;
  Form form_;
  LadderStyle style_;
  std::uint64_t seq_ = 0;
  std::string line_;
  Entry entry_;
  Collection collection_;
};

}  // namespace tcpkit::diagram
