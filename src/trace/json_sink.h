#pragma once

#include <memory>
#include <string>

#include "record/write_json.h"
#include "trace/tracer.h"
#include "trace/writer.h"

namespace tcpkit::trace {

/// One JSON object per line, version 1: the fields of tcpkit-trace(5).
class JsonSink : public Sink {
 public:
  struct Style {
    record::DataView data = record::DataView::none;
    record::Tags tags{};
    bool only_summaries = false;
  };
  JsonSink(std::unique_ptr<Writer> writer, record::Epoch epoch, Style style);
  void write(const record::Record& record) override;
  void flush() override { writer_->flush(); }

 private:
  std::unique_ptr<Writer> writer_;
  record::Epoch epoch_;
  Style style_;
  std::string tags_;  ///< as an object
  std::uint64_t seq_ = 0;
};

}  // namespace tcpkit::trace
