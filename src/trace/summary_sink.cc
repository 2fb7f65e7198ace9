#include "trace/summary_sink.h"

#include <utility>

#include "base/append.h"
#include "base/escape.h"
#include "record/words.h"

namespace tcpkit::trace {

SummarySink::SummarySink(std::unique_ptr<Writer> writer, std::string prefix, bool bare)
    : writer_(std::move(writer)), prefix_(std::move(prefix)), bare_(bare) {}

void SummarySink::write(const record::Record& record) {
  const auto* summary = std::get_if<record::note::Summary>(&record.body);
  if (summary == nullptr) return;
  if (bare_ && !record::was_connected(*summary->outcome)) return;  // that is said on stderr
  std::string& out = writer_->buffer();
  out += prefix_;
  if (!bare_) {
    if (!record.actor.empty()) append_format(out, "{} ", display(record.actor));
    append_format(out, "{} {}", record::to_string(record.role), record.conn);
    if (record.pair != 0) append_format(out, " pair {}", record.pair);
    out += ": ";
    const std::string route = route_of(*summary->outcome, record.role);
    if (!route.empty()) append_format(out, "{}: ", route);
  }
  append_display(out, summary->outcome->text);
  out += '\n';
  writer_->written();
}

}  // namespace tcpkit::trace
