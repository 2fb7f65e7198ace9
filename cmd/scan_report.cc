#include "cmd/scan_report.h"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <utility>

#include "base/append.h"
#include "base/escape.h"
#include "trace/writer.h"

namespace tcpkit::cmd {
namespace {

using Answer = flow::Scan::Answer;

/// A scan that is over by then shows none.
constexpr std::chrono::milliseconds first_drawing{500};
constexpr std::chrono::milliseconds between_drawings{200};

std::string_view word_of(const Answer& answer) {
  switch (answer.is) {
    case Answer::Is::open:
      return "open";
    case Answer::Is::refused:
      return "refused";
    case Answer::Is::silent:
      return "silent";
    case Answer::Is::failed:
    case Answer::Is::unknown:
      break;
  }
  return answer.code;
}

}  // namespace

ScanReport::ScanReport(uv::Loop& loop, Options options, std::function<void(int)> output_failed)
    : loop_(loop),
      options_(std::move(options)),
      answers_(options_.ports.size()),
      shares_terminal_(::isatty(STDOUT_FILENO) == 1),
      output_(loop, STDOUT_FILENO, {{}, std::move(output_failed)}),
      redraw_(loop, [this] { draw(); }) {
  options_.host = display(options_.host);
  redraw_.unref();
}

ScanReport::~ScanReport() {
  clear_progress();
}

void ScanReport::begin() {
  if (options_.progress) redraw_.start(first_drawing);
}

void ScanReport::settle(std::size_t index, const Answer& answer) {
  answers_[index] = answer;
  ++settled_;
  switch (answer.is) {
    case Answer::Is::open:
      ++open_;
      break;
    case Answer::Is::refused:
      ++refused_;
      break;
    case Answer::Is::silent:
      ++silent_;
      break;
    case Answer::Is::failed:
    case Answer::Is::unknown:
      ++failed_[answer.code];
  }
  while (printed_ < answers_.size() && answers_[printed_].is != Answer::Is::unknown)
    put(printed_++);
  if (std::exchange(flushes_, true)) return;
  loop_.next_tick([this] { flush(); });
}

void ScanReport::end() {
  redraw_.stop();
  clear_progress();
  for (; printed_ < answers_.size(); ++printed_)
    if (answers_[printed_].is != Answer::Is::unknown) put(printed_);
  flush();
}

void ScanReport::put(std::size_t index) {
  if (!options_.prints) return;
  append_format(lines_, "{}\t{}\t{}\n", options_.host, options_.ports[index],
                word_of(answers_[index]));
}

void ScanReport::flush() {
  flushes_ = false;
  if (lines_.empty()) return;
  if (shares_terminal_) clear_progress();
  output_.write(std::exchange(lines_, {}));
}

void ScanReport::draw() {
  trace::write_all(STDERR_FILENO, '\r' + progress() + "\x1b[K");
  drawn_ = true;
  redraw_.start(between_drawings);
}

void ScanReport::clear_progress() {
  if (std::exchange(drawn_, false)) trace::write_all(STDERR_FILENO, "\r\x1b[K");
}

std::string ScanReport::progress() const {
  return fmt::format("{} of {} port{} scanned, {} open", settled_, answers_.size(),
                     answers_.size() == 1 ? "" : "s", open_);
}

std::string ScanReport::counts() const {
  std::string text = fmt::format("{} open", open_);
  if (refused_ > 0) append_format(text, ", {} refused", refused_);
  if (silent_ > 0) append_format(text, ", {} silent", silent_);
  for (const auto& [code, count] : failed_)
    append_format(text, ", {} {}", count, code);
  return text;
}

}  // namespace tcpkit::cmd
