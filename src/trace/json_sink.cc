#include "trace/json_sink.h"

#include <utility>

namespace tcpkit::trace {

JsonSink::JsonSink(std::unique_ptr<Writer> writer, record::Epoch epoch, Style style)
    : writer_(std::move(writer)),
      epoch_(epoch),
      style_(std::move(style)),
      tags_(record::json_object(style_.tags)) {}

void JsonSink::write(const record::Record& record) {
  namespace note = record::note;
  if (style_.only_summaries && !record::is_one_of<note::Summary, note::Statistics>(record.body))
    return;
  record::append_json(writer_->buffer(), record, ++seq_, epoch_, style_.data, tags_);
  writer_->written();
}

}  // namespace tcpkit::trace
