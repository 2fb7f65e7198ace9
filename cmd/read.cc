#include <fmt/core.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/append.h"
#include "base/error.h"
#include "base/escape.h"
#include "base/ip_number.h"
#include "cmd/cli/command.h"
#include "cmd/cli/declare.h"
#include "cmd/cli/usage_error.h"
#include "cmd/options/trace.h"
#include "cmd/run/capture_input.h"
#include "cmd/run/exit.h"
#include "cmd/run/input_file.h"
#include "cmd/run/invocation.h"
#include "cmd/run/trace_files.h"
#include "diagram/sink.h"
#include "trace/summary_sink.h"
#include "watch/capture_reader.h"

namespace tcpkit::cmd {
namespace {

using Choice = watch::CaptureReader::Choice;

/// HOST:PORT with a numeric host.
std::optional<tcp::SegmentEnd> parse_end(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return {};
  std::string_view host = text.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']')
    host = host.substr(1, host.size() - 2);
  const auto ip = parse_ip_number(host);
  std::string why;
  const auto port = parse_integer(std::string(text.substr(colon + 1)), 0, UINT16_MAX, why);
  if (!ip || !port) return {};
  return tcp::SegmentEnd{*ip, static_cast<std::uint16_t>(*port)};
}

std::optional<Choice> parse_stream(const std::string& text, std::string& why) {
  static constexpr int most = 1 << 30;
  std::string ignored;
  Choice choice;
  if (const auto number = parse_integer(text, 1, most, ignored)) {
    choice.number = static_cast<unsigned>(*number);
    return choice;
  }
  const std::size_t dash = text.find('-');
  if (dash != std::string::npos) {
    const auto one = parse_end(std::string_view(text).substr(0, dash));
    const auto other = parse_end(std::string_view(text).substr(dash + 1));
    if (one && other) {
      choice.ends = watch::Conversations::key_of(*one, *other);
      return choice;
    }
  }
  why = fmt::format(
      "'{}' is neither a number from 1 nor two ends; e.g. 2, or 10.0.0.1:40000-10.0.0.2:80",
      display_start(text));
  return {};
}

/// Where the options say that the records go; the trace begins with the first frame.
struct ReadOptions {
  std::string file;
  std::string filter;
  Choice stream;
  TraceOptions trace;
};

/// The signal that ends the reading; 0: none yet.
std::atomic<int> stopped_by{0};

/// One run of `read`: a capture, the trace that is made of it, and the exit status. Nothing here
/// needs a loop: the file is read in order, and reading it waits.
class ReadRun {
 public:
  explicit ReadRun(const ReadOptions& options) : options_(options), file_(options.file) {}
  ReadRun(const ReadRun&) = delete;
  ReadRun& operator=(const ReadRun&) = delete;
  ~ReadRun() = default;

  int run();

 private:
  bool open_capture();
  void open_trace();
  std::unique_ptr<trace::Writer> open_writer(const std::string& file);
  void read_frames();
  void finish();
  void say(const std::string& text);
  void fail(Exit status, const std::string& text);
  [[nodiscard]] bool dead() const { return writer_ != nullptr && writer_->dead(); }

  const ReadOptions& options_;
  InputFile file_;
  std::unique_ptr<CaptureInput> capture_;
  std::uint64_t start_ = 0;  ///< of the first frame: nanoseconds since 1970
  std::uint64_t last_ = 0;   ///< of the last one, since the first
  bool any_ = false;
  std::shared_ptr<diagram::Sink> diagram_;
  std::unique_ptr<trace::Tracer> tracer_;
  std::unique_ptr<watch::CaptureReader> reader_;
  const trace::Writer* writer_ = nullptr;  ///< of the records, in one of the sinks
  bool json_on_stderr_ = false;
  int status_ = 0;
  std::optional<std::string> reason_;
};

void ReadRun::say(const std::string& text) {
  if (tracer_) {
    if (json_on_stderr_) {
      tracer_->emit_at(last_, record::Role::none, 0, record::note::Message{text});
      return;
    }
    tracer_->flush();
  }
  trace::write_all(STDERR_FILENO, "tcpkit read: " + text + "\n");
}

void ReadRun::fail(Exit status, const std::string& text) {
  if (status_ == 0) {
    status_ = static_cast<int>(status);
    reason_ = text;
  }
  say(text);
}

bool ReadRun::open_capture() {
  ssize_t err = 0;
  std::string begun = file_.begin(4, err);
  if (err < 0) {
    fail(Exit::failure,
         fmt::format("cannot read {}: {}", file_.shown(), errno_text(static_cast<int>(-err))));
    return false;
  }
  std::string why;
  capture_ = CaptureInput::open(
      file_.fd(), std::move(begun), file_.shown(),
      [this] {
        if (tracer_) tracer_->flush();
      },
      why);
  if (!capture_) {
    fail(Exit::failure, why);
    return false;
  }
  if (options_.filter.empty() || capture_->set_filter(options_.filter, why)) return true;
  fail(Exit::usage, fmt::format("'{}' is no filter: {}; e.g. 'port 80 and host 10.0.0.1'",
                                display_start(options_.filter), why));
  return false;
}

std::unique_ptr<trace::Writer> ReadRun::open_writer(const std::string& file) {
  const auto [fd, owned] = open_trace_file(file.empty() ? "-" : file, options_.trace.append);
  const std::string name = file.empty() || file == "-" ? "stdout" : "the trace";
  auto writer = std::make_unique<trace::Writer>(fd, owned, [this, name](int err) {
    fail(Exit::failure, fmt::format("cannot write {}: {}", name, errno_text(err)));
  });
  writer_ = writer.get();
  return writer;
}

void ReadRun::open_trace() {
  const TraceOptions& o = options_.trace;
  const record::Epoch epoch = watch::epoch_at(start_);
  tracer_ = std::make_unique<trace::Tracer>(epoch);
  trace::Layers layers = o.layers;
  layers.add(record::Layer::note);
  const bool json_summaries = o.summary == "json" && !o.is_json();
  if (o.only_summaries() && !json_summaries) {
    tracer_->add(std::make_shared<trace::SummarySink>(open_writer(o.file), "", false),
                 {record::Layer::note});
  } else if (json_summaries) {
    tracer_->add(make_summaries_sink(o, open_writer(o.file), epoch), {record::Layer::note});
  } else if (o.prints()) {
    auto writer = open_writer(o.file);
    json_on_stderr_ = o.is_json() && writer->fd() == STDERR_FILENO;
    tracer_->add(
        make_trace_sink(o, std::move(writer), epoch, trace::HumanSink::Style::Summaries::all),
        layers);
  }
  if (o.diagram && !o.only_summaries()) {
    auto writer = open_writer(o.prints() ? std::string() : o.file);
    if (o.prints() && o.file.empty()) writer->buffer() += '\n';  // behind the records
    diagram_ = make_diagram_sink(o, std::move(writer), epoch);
    tracer_->add(diagram_, layers);
  }
  if (o.explain) tracer_->teach(std::make_shared<trace::Tracer::Taught>());
  tracer_->emit_at(0, record::Role::none, 0, run_record());
}

void ReadRun::read_frames() {
  any_ = capture_->next();
  using std::chrono::nanoseconds;
  const nanoseconds now = std::chrono::system_clock::now().time_since_epoch();
  start_ = any_ ? capture_->frame().time : static_cast<std::uint64_t>(now.count());
  open_trace();
  reader_ =
      std::make_unique<watch::CaptureReader>(*tracer_, capture_->link(), start_, options_.stream);
  for (bool more = any_; more && stopped_by == 0 && !dead(); more = capture_->next()) {
    reader_->add(capture_->frame());
    last_ = std::max(last_, capture_->frame().time - std::min(capture_->frame().time, start_));
  }
  reader_->finish();
}

void ReadRun::finish() {
  static constexpr int signalled = 128;
  if (const int signum = stopped_by; signum != 0) {
    status_ = signalled + signum;
    reason_ = fmt::format("ended by SIG{}", ::sigabbrev_np(signum));
  } else if (!capture_->fault().empty() && !dead()) {
    fail(Exit::failure, capture_->fault());
  }
  if (const std::uint64_t cut = reader_->cut(); cut > 0 && !dead()) {
    say(fmt::format("{} TCP header{} cut by the capture's snapshot length: {}", cut,
                    cut == 1 ? " was" : "s were",
                    "what was cut is missing; capture at least 96 bytes of each packet"));
  }
  if (!reader_->found() && status_ == 0 && !dead()) {
    const bool chosen = options_.stream.number || options_.stream.ends;
    say(fmt::format("no TCP segments in {}{}{}", file_.shown(),
                    options_.filter.empty() ? "" : " that the filter lets through",
                    chosen ? " of this connection" : ""));
  }
  tracer_->flush();
  tracer_->emit_at(last_, record::Role::none, 0, record::note::Exit{status_, reason_});
  tracer_->flush();
  if (diagram_) diagram_->finish();
}

int ReadRun::run() {
  if (!open_capture()) return status_;
  // Without SA_RESTART: a signal ends the waiting for a pipe, and what was read is summarised.
  struct sigaction action {};
  action.sa_handler = [](int signum) {
    // The second one ends the program at once.
    stopped_by = signum;
    ::signal(signum, SIG_DFL);
  };
  for (const int signum : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction old {};
    ::sigaction(signum, nullptr, &old);
    if (old.sa_handler != SIG_IGN) ::sigaction(signum, &action, nullptr);
  }
  read_frames();
  finish();
  return status_;
}

class Read : public Program {
 public:
  Read() { options_.trace.from_capture(); }

  void declare(OptionSet& set) override {
    Group g(set, "Capture");
    g.value("--stream", "N|HOST:PORT-HOST:PORT", options_.stream, parse_stream,
            "Show one connection only: by its number, or by its ends");
    options_.trace.declare(set);
  }

  void accept(const std::vector<std::string>& arguments) override {
    if (arguments.empty() || arguments.front().empty())
      throw UsageError("a FILE is missing; e.g. tcpkit read capture.pcap, or - for stdin");
    options_.file = arguments.front();
    // As tcpdump: the words of the filter may be several arguments.
    for (std::size_t i = 1; i < arguments.size(); ++i)
      options_.filter += (i == 1 ? "" : " ") + arguments[i];
    options_.trace.check();
  }

  int run() override { return ReadRun(options_).run(); }

 private:
  ReadOptions options_;
};

}  // namespace

std::unique_ptr<Program> make_read() {
  return std::make_unique<Read>();
}

}  // namespace tcpkit::cmd
