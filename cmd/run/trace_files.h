#pragma once

#include <memory>
#include <string>
#include <utility>

#include "cmd/options/trace.h"
#include "diagram/sink.h"
#include "record/epoch.h"
#include "trace/human_sink.h"
#include "trace/writer.h"

namespace tcpkit::cmd {

/// Opens it for writing, cut off or to append. Throws std::system_error.
int create_file(const std::string& file, bool append = false);

/// The descriptor of --trace-file ("-", "fd:N" or a file), and whether it is ours to close. Throws
/// std::system_error.
std::pair<int, bool> open_trace_file(const std::string& file, bool append);

/// The sink of a printed trace: JSON or, with these summaries, text.
std::shared_ptr<trace::Sink> make_trace_sink(const TraceOptions& options,
                                             std::unique_ptr<trace::Writer> writer,
                                             const record::Epoch& epoch,
                                             trace::HumanSink::Style::Summaries summaries);

/// The sink of JSON summaries without the rest of the trace.
std::shared_ptr<trace::Sink> make_summaries_sink(const TraceOptions& options,
                                                 std::unique_ptr<trace::Writer> writer,
                                                 const record::Epoch& epoch);

/// The sink of --diagram, which must be there.
std::shared_ptr<diagram::Sink> make_diagram_sink(const TraceOptions& options,
                                                 std::unique_ptr<trace::Writer> writer,
                                                 const record::Epoch& epoch);

}  // namespace tcpkit::cmd
