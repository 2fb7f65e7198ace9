#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/error.h"
#include "base/escape.h"
#include "cmd/cli/command.h"
#include "cmd/cli/usage_error.h"
#include "cmd/options/picture.h"
#include "cmd/run/capture_input.h"
#include "cmd/run/exit.h"
#include "cmd/run/input_file.h"
#include "diagram/draw.h"
#include "diagram/summary.h"
#include "record/trace_reader.h"
#include "trace/writer.h"
#include "watch/capture_reader.h"

namespace tcpkit::cmd {
namespace {

int complain(const std::string& text, Exit status) {
  trace::write_all(STDERR_FILENO, "tcpkit diagram: " + text + "\n");
  return static_cast<int>(status);
}

/// Gives the records of a capture to what takes those of a saved trace.
class LineSink : public trace::Sink {
 public:
  using Take = std::function<void(const record::Line&)>;
  LineSink(record::Epoch epoch, Take take) : epoch_(epoch), take_(std::move(take)) {}
  void write(const record::Record& record) override {
    take_(record::line_of(record, epoch_, record::DataView::none));
  }
  void flush() override {}

 private:
  record::Epoch epoch_;
  Take take_;
};

class Diagram : public Program {
 public:
  void declare(OptionSet& set) override {
    set_ = &set;
    Group g(set, "Diagram");
    declare_diagram(g, form_);
    g.flag("--summary", summary_,
           "Print a line per connection instead: duration, bytes, outcome, which end closed first "
           "and how");
    g.flag("--json", json_, "Print the same as summary records, one JSON object per line");
    declare_time(g, time_);
    declare_colour(g, colour_);
  }

  void accept(const std::vector<std::string>& arguments) override {
    if (arguments.size() > 1) {
      throw UsageError(
          fmt::format("unexpected argument '{}'; diagram takes one file", display(arguments[1])));
    }
    if (!arguments.empty()) name_ = arguments.front();
    if (name_.empty()) throw UsageError("'' is no file; e.g. tcpkit diagram trace.json");
    if (json_ && !summary_) throw UsageError("--json is for summaries; add --summary");
    if (!summary_) return;
    if (const std::string other = set_->first_given(Trait::draws); !other.empty()) {
      throw UsageError(fmt::format("--summary draws nothing; leave out {}", other));
    }
  }

  /// `tcpkit connect ... --json 2>&1 | tcpkit diagram` needs no word.
  [[nodiscard]] bool reads_stdin() const override {
    struct stat status {};
    return ::fstat(STDIN_FILENO, &status) == 0 && !S_ISCHR(status.st_mode);
  }

  int run() override;

 private:
  struct Fault {
    std::string text;
    Exit status;
    bool partial;  ///< what came before it can be drawn
  };
  static std::optional<Fault> read_trace(const InputFile& file, std::string begun,
                                         const LineSink::Take& take);
  [[nodiscard]] std::optional<Fault> read_capture(const InputFile& file, std::string begun,
                                                  const LineSink::Take& take) const;

  OptionSet* set_ = nullptr;
  std::optional<diagram::Form> form_;
  trace::TimeView time_ = trace::TimeView::relative;
  Colour colour_ = Colour::automatic;
  bool summary_ = false;
  bool json_ = false;
  std::string name_ = "-";
};

/// Gives each line of a saved trace to `take`. Empty if all could be read; else what could not,
/// and whether the rest is good for a drawing.
std::optional<Diagram::Fault> Diagram::read_trace(const InputFile& file, std::string begun,
                                                  const LineSink::Take& take) {
  record::TraceReader reader(take);
  std::array<char, 65536> block{};
  bool good = reader.feed(begun);
  ssize_t n = 0;
  while (good && (n = file.read(block.data(), block.size())) > 0)
    good = reader.feed({block.data(), static_cast<std::size_t>(n)});
  if (n < 0) {
    return Fault{fmt::format("cannot read {}: {}", file.shown(), errno_text(static_cast<int>(-n))),
                 Exit::failure, false};
  }
  if (good && reader.finish()) return {};
  return Fault{fmt::format("{}:{}", file.shown(), reader.fault()),
               reader.cut() ? Exit::failure : Exit::usage, reader.cut()};
}

std::optional<Diagram::Fault> Diagram::read_capture(const InputFile& file, std::string begun,
                                                    const LineSink::Take& take) const {
  std::string why;
  const auto capture = CaptureInput::open(file.fd(), std::move(begun), file.shown(), {}, why);
  if (!capture) return Fault{why, Exit::failure, false};
  if (!capture->next()) {
    if (capture->fault().empty()) return {};
    return Fault{capture->fault(), Exit::failure, true};
  }
  const std::uint64_t start = capture->frame().time;
  const record::Epoch epoch = watch::epoch_at(start);
  trace::Tracer tracer(epoch);
  // A summary needs no segments.
  trace::Layers layers{record::Layer::note};
  if (!summary_) layers.add({record::Layer::kernel, record::Layer::wire});
  tracer.add(std::make_shared<LineSink>(epoch, take), layers);
  watch::CaptureReader reader(tracer, capture->link(), start, {});
  do {
    reader.add(capture->frame());
  } while (capture->next());
  reader.finish();
  if (capture->fault().empty()) return {};
  return Fault{capture->fault(), Exit::failure, true};
}

int Diagram::run() {
  const InputFile file(name_);
  diagram::Summary summary(json_);
  diagram::Collection collection;
  const auto take = [&](const record::Line& line) {
    if (summary_) {
      summary.add(line);
    } else {
      collection.add(line);
    }
  };
  ssize_t n = 0;
  std::string begun = file.begin(4, n);
  if (n < 0) {
    return complain(
        fmt::format("cannot read {}: {}", file.shown(), errno_text(static_cast<int>(-n))),
        Exit::failure);
  }
  const auto fault = is_capture(begun) ? read_capture(file, std::move(begun), take)
                                       : read_trace(file, std::move(begun), take);
  if (fault) {
    const int status = complain(fault->text, fault->status);
    if (!fault->partial) return status;
  }
  int err = 0;
  const auto write = [&](std::string_view text) {
    err = trace::write_all(STDOUT_FILENO, text);
    return err == 0;
  };
  if (summary_) {
    summary.print(write);
  } else {
    write(diagram::draw(collection, form_.value_or(diagram::Form::ladder),
                        ladder_style(time_, colour_, STDOUT_FILENO)));
  }
  if (err == 0 || err == EPIPE) {
    return static_cast<int>(fault ? Exit::failure : Exit::done);
  }
  return complain("cannot write stdout: " + errno_text(err), Exit::failure);
}

}  // namespace

std::unique_ptr<Program> make_diagram() {
  return std::make_unique<Diagram>();
}

}  // namespace tcpkit::cmd
