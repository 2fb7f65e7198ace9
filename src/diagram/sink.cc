#include "diagram/sink.h"

#include <utility>

#include "diagram/draw.h"

namespace tcpkit::diagram {

Sink::Sink(std::unique_ptr<trace::Writer> writer, record::Epoch epoch, record::DataView data,
           Form form, LadderStyle style)
    : writer_(std::move(writer)), epoch_(epoch), data_(data), form_(form), style_(style) {}

void Sink::write(const record::Record& record) {
  line_.clear();
  record::append_json(line_, record, ++seq_, epoch_, data_);
  std::string why;
  if (read_entry(line_, entry_, why) && entry_.layer) collection_.add(entry_);
}

void Sink::finish() {
  writer_->buffer() += draw(collection_, form_, style_);
  writer_->flush();
}

}  // namespace tcpkit::diagram
