#pragma once

#include <memory>
#include <string>

#include "trace/json_sink.h"
#include "trace/tracer.h"
#include "trace/writer.h"

namespace tcpkit::trace {

/// How times are shown: since the start, since the record before, local time of day, not at all.
enum class TimeView { relative, delta, wall, none };

/// One aligned line per record: time, who, what, details. Every outside byte is escaped.
class HumanSink : public Sink {
 public:
  struct Style {
    TimeView time = TimeView::relative;
    record::DataView data = record::DataView::none;
    bool colour = false;
    /// Which of them are shown: of no connection, of those that were made, of all.
    enum class Summaries { none, connected, all } summaries = Summaries::none;
  };
  HumanSink(std::unique_ptr<Writer> writer, record::Epoch epoch, Style style);
  void write(const record::Record& record) override;
  void flush() override { writer_->flush(); }

 private:
  void append_time(std::string& out, std::uint64_t nanoseconds);

  std::unique_ptr<Writer> writer_;
  record::Epoch epoch_;
  Style style_;
  std::uint64_t last_ = 0;
  static constexpr int paired_width = 18;  ///< of "server 12 pair 6"
  int who_width_ = 10;
};

}  // namespace tcpkit::trace
