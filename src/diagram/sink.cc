#include "diagram/sink.h"

#include <utility>

#include "diagram/draw.h"

namespace tcpkit::diagram {

Sink::Sink(std::unique_ptr<trace::Writer> writer, record::Epoch epoch, record::DataView data,
           Form form, LadderStyle style)
    : writer_(std::move(writer)), epoch_(epoch), data_(data), form_(form), style_(style) {}

void Sink::write(const record::Record& record) {
  collection_.add(record::line_of(record, epoch_, data_));
}

void Sink::finish() {
  writer_->buffer() += draw(collection_, form_, style_);
  writer_->flush();
}

}  // namespace tcpkit::diagram
