#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "trace/tracer.h"
#include "trace/writer.h"

namespace tcpkit::trace {

/// What of the payload a trace shows.
enum class DataView { none, text, hex };

/// What a user has all records labelled with, in order; each key once.
using Tags = std::vector<std::pair<std::string, std::string>>;

/// One JSON object per line, version 1: the fields of tcpkit-trace(5).
class JsonSink : public Sink {
 public:
  struct Style {
    DataView data = DataView::none;
    Tags tags{};
    bool only_summaries = false;
  };
  JsonSink(std::unique_ptr<Writer> writer, Epoch epoch, Style style);
  void write(const Record& record) override;
  void flush() override { writer_->flush(); }

 private:
  std::unique_ptr<Writer> writer_;
  Epoch epoch_;
  Style style_;
  std::string tags_;  ///< as an object
  std::uint64_t seq_ = 0;
};

/// The line of a record, with its '\n'; `seq` is its number in the trace, `tags` an object or
/// empty.
void append_json(std::string& out, const Record& record, std::uint64_t seq, const Epoch& epoch,
                 DataView data, std::string_view tags = {});

/// RFC 3339 in UTC with microseconds: "2026-02-01T08:00:00.000412Z".
std::string format_utc(std::chrono::system_clock::time_point time);

}  // namespace tcpkit::trace
