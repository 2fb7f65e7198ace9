#include "trace/human_sink.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <cmath>
#include <cstdint>
#include <iterator>
#include <utility>

#include "base/append.h"
#include "base/escape.h"
#include "record/words.h"

namespace tcpkit::trace {
namespace {

constexpr std::string_view dim = "\x1b[2m";
constexpr std::string_view bold = "\x1b[1m";
constexpr std::string_view red = "\x1b[1;31m";
constexpr std::string_view cyan = "\x1b[36m";
constexpr std::string_view reset = "\x1b[0m";

/// "   0.412 ms", "  12.345 s ": ten columns and the unit, wide enough for any run of a week.
/// Below 0 where the times of a capture go back.
void append_span(std::string& out, std::int64_t nanoseconds, bool delta) {
  const double ms = static_cast<double>(nanoseconds) / 1e6;
  const bool seconds = std::abs(ms) >= 10000;
  const std::string text = fmt::format("{:.3f}", seconds ? ms / 1000 : ms);
  append_format(out, "{:>10} {}", delta && nanoseconds >= 0 ? "+" + text : text,
                seconds ? "s " : "ms");
}

std::string_view colour_of(const record::Record& record) {
  namespace ev = record::ev;
  if (record::is_one_of<ev::Failure, ev::ConnectionAttemptFailed>(record.body)) return red;
  switch (record.layer()) {
    case record::Layer::call:
      return cyan;
    case record::Layer::event:
      return bold;
    case record::Layer::kernel:
    case record::Layer::wire:
    case record::Layer::note:
      break;
  }
  return dim;
}

}  // namespace

HumanSink::HumanSink(std::unique_ptr<Writer> writer, record::Epoch epoch, Style style)
    : writer_(std::move(writer)), epoch_(epoch), style_(style) {}

void HumanSink::append_time(std::string& out, std::uint64_t nanoseconds) {
  switch (style_.time) {
    case TimeView::none:
      return;
    case TimeView::relative:
      append_span(out, static_cast<std::int64_t>(nanoseconds), false);
      break;
    case TimeView::delta:
      append_span(out, static_cast<std::int64_t>(nanoseconds - last_), true);
      break;
    case TimeView::wall: {
      const auto at = epoch_.wall + std::chrono::duration_cast<std::chrono::system_clock::duration>(
                                        std::chrono::nanoseconds(nanoseconds));
      const auto micros =
          std::chrono::duration_cast<std::chrono::microseconds>(at.time_since_epoch()).count();
      append_format(out, "{:%H:%M:%S}.{:06}",
                    fmt::localtime(std::chrono::system_clock::to_time_t(at)), micros % 1'000'000);
      break;
    }
  }
  last_ = nanoseconds;
  out += "  ";
}

void HumanSink::write(const record::Record& record) {
  // A person knows what was typed, and is told on stderr what failed.
  if (std::holds_alternative<record::note::Run>(record.body) ||
      std::holds_alternative<record::note::Exit>(record.body)) {
    return;
  }
  if (const auto* summary = std::get_if<record::note::Summary>(&record.body)) {
    using Summaries = Style::Summaries;
    const bool wanted = style_.summaries == Summaries::connected
                            ? record::was_connected(*summary->outcome)
                            : style_.summaries == Summaries::all;
    if (!wanted) return;
  }
  std::string& out = writer_->buffer();
  const auto paint = [&](std::string_view colour) {
    if (style_.colour) out += colour;
  };
  if (const auto* lesson = std::get_if<record::note::Explain>(&record.body)) {
    paint(dim);
    out.append(style_.time == TimeView::none ? 12 : 27, ' ');  // under the record's name
    out += lesson->text;
    paint(reset);
    out += '\n';
    return writer_->written();
  }
  paint(dim);
  append_time(out, record.nanoseconds);
  paint(reset);
  std::string who = display(record.actor.empty() ? record::to_string(record.role) : record.actor);
  // `connection` carries the number of the connection it made, but the listener says it.
  if (record.conn != 0 && record.role != record::Role::listener && record.actor.empty())
    who += fmt::format(" {}", record.conn);
  if (record.pair != 0) {
    who += fmt::format(" pair {}", record.pair);
    who_width_ = paired_width;
  }
  append_format(out, "{:<{}}  ", who, who_width_);

  std::string what(record.name());
  if (record.layer() == record::Layer::call) what += "()";
  paint(colour_of(record));
  out += what;
  paint(reset);
  const std::size_t before = out.size();
  out.append(what.size() < 10 ? 10 - what.size() : 0, ' ');
  out += "  ";
  const std::size_t details = out.size();
  record::append_details(out, record.body, style_.data);
  if (std::holds_alternative<record::ev::Connection>(record.body)) {
    append_format(out, " (server {})", record.conn);
  }
  if (out.size() == details) out.resize(before);  // no trailing blanks
  out += '\n';
  writer_->written();
}

}  // namespace tcpkit::trace
