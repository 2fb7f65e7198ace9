#pragma once

#include <memory>

#include "diagram/collection.h"
#include "diagram/ladder.h"
#include "trace/tracer.h"
#include "trace/writer.h"

namespace tcpkit::diagram {

/// Draws the records of this run when it is over.
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
  Collection collection_;
};

}  // namespace tcpkit::diagram
