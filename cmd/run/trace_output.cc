// Where the records of a session go: the trace, the diagram, the summaries and the captured
// segments.
#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "base/escape.h"
#include "cmd/run/session.h"
#include "cmd/run/trace_files.h"
#include "trace/ordered_sink.h"
#include "trace/payload_sink.h"
#include "trace/summary_sink.h"

namespace tcpkit::cmd {
namespace {

trace::HumanSink::Style::Summaries shown_summaries(const TraceOptions& options) {
  using Summaries = trace::HumanSink::Style::Summaries;
  if (options.summary == "human" || options.verbose) return Summaries::all;
  return options.summarises() ? Summaries::connected : Summaries::none;
}

}  // namespace

std::unique_ptr<trace::Writer> Session::open_writer(const std::string& file, bool payload,
                                                    bool append) {
  auto [fd, owned] = file.empty() ? std::pair{payload ? STDERR_FILENO : STDOUT_FILENO, false}
                                  : open_trace_file(file, append);
  // The payload's end closes stdout, and the trace goes on after it.
  if (payload && fd == STDOUT_FILENO) {
    if (const int copy = ::fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1); copy >= 0) {
      fd = copy;
      owned = true;
    }
  }
  return std::make_unique<trace::Writer>(fd, owned,
                                         [this](int err) { write_failed("the trace", err); });
}

std::unique_ptr<trace::Writer> Session::open_stdout() {
  return std::make_unique<trace::Writer>(STDOUT_FILENO, false,
                                         [this](int err) { output_failed(err); });
}

void Session::open_trace(const TraceOptions& options, bool payload) {
  layers_ = options.layers;
  layers_.add(record::Layer::note);
  if (options.prints()) {
    auto writer = open_writer(options.file, payload, options.append);
    add_sink(options, make_trace_sink(options, std::move(writer), tracer_.epoch(),
                                      shown_summaries(options)));
  }
  if (options.diagram) {
    // In the place of the trace; where that is printed, too, in the command's own.
    auto writer =
        open_writer(options.prints() ? std::string() : options.file, payload, options.append);
    if (options.prints() && options.file.empty()) writer->buffer() += '\n';  // behind the records
    diagram_ = make_diagram_sink(options, std::move(writer), tracer_.epoch());
    add_sink(options, diagram_);
  }
  if (options.explain) taught_ = std::make_shared<trace::Tracer::Taught>();
}

/// Summaries that no printed trace shows where they are wanted.
void Session::open_summaries(const std::string& command, const TraceOptions& options,
                             bool payload) {
  const bool printed = options.enabled() && options.prints();
  const bool json = options.summary == "json";
  if (json && !printed) {
    summaries_ = make_summaries_sink(options, open_writer(options.file, payload, options.append),
                                     tracer_.epoch());
  }
  if (json || !options.tells_summaries()) return;
  const bool on_stdout = !payload && (options.file.empty() || options.on_stdout());
  // The trace has them there already, or nothing but JSON may stand there.
  if (options.summarises()) {
    if (options.enabled() && on_stdout) return;
    summaries_ = std::make_shared<trace::SummarySink>(open_stdout(), "", true);
  } else if (!printed) {
    const bool asked = !options.summary.empty();
    summaries_ = std::make_shared<trace::SummarySink>(
        asked ? open_writer(options.file, payload, options.append) : open_writer("fd:2", payload),
        asked ? "" : "tcpkit " + command + ": ", false);
  } else if (options.is_json() && options.file != "fd:2" && !(payload && options.file.empty())) {
    summaries_ = std::make_shared<trace::SummarySink>(open_writer("fd:2", payload),
                                                      "tcpkit " + command + ": ", false);
  }
}

void Session::add_sink(const TraceOptions& options, std::shared_ptr<trace::Sink> sink) {
  // Kernel and wire records arrive late, also those that a lab asks for itself.
  if (options.layers.has(record::Layer::kernel) || options.layers.has(record::Layer::wire))
    sink = std::make_shared<trace::OrderedSink>(std::move(sink));
  sinks_.push_back(std::move(sink));
}

void Session::join_trace(trace::Tracer& tracer) const {
  for (const auto& sink : sinks_)
    tracer.add(sink, layers_);
  if (summaries_) tracer.add(summaries_, {record::Layer::note});
  tracer.teach(taught_);
}

void Session::join_network(net::Engine& engine) {
  if (wire_) engine.add(wire_.get());
}

void Session::dump(const DumpGroup& options) {
  using Form = trace::PayloadSink::Form;
  const auto add = [this](const std::string& file, Form form) {
    if (file.empty()) return;
    auto writer = std::make_unique<trace::Writer>(
        create_file(file), true,
        [this, name = display(file)](int err) { write_failed(name, err); });
    tracer_.add(std::make_shared<trace::PayloadSink>(std::move(writer), form),
                {record::Layer::call, record::Layer::event});
  };
  add(options.hexdump, Form::hex);
  add(options.record, Form::raw);
}

void Session::emit_note(record::Body body) {
  if (tracer_.wants(record::Layer::note)) tracer_.emit(record::Role::none, 0, {}, std::move(body));
}

/// Behind what is told of the wire and the kernel, which is late.
void Session::report_exit() {
  if (wire_) wire_->finish();
  tracer_.flush();
  emit_note(record::note::Exit{status_, reason_});
  tracer_.flush();
}

/// What is left of the trace, then the diagram.
void Session::finish_trace() {
  tracer_.flush();
  if (const auto drawn = std::exchange(diagram_, nullptr)) drawn->finish();
}

void Session::open_capture(const std::string& pcap, int fd) {
  std::unique_ptr<watch::PcapFile> file;
  if (fd >= 0) {
    const std::string name = display(pcap);
    file = std::make_unique<watch::PcapFile>(fd, name,
                                             [this, name](int err) { write_failed(name, err); });
  }
  wire_ = std::make_unique<watch::Wire>(
      loop_, std::move(file),
      [this](const std::string& why) {
        fail(Exit::failure, "cannot capture segments " + why);
        loop_.next_tick([this] { stop(); });
      },
      [this](const std::string& text) { say(text); });
  engine_->add(wire_.get());
}

bool Session::traced() const {
  return traced_ && (layers_.has(record::Layer::event) || layers_.has(record::Layer::call));
}

}  // namespace tcpkit::cmd
