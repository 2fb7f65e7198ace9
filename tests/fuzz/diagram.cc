// Saved traces: read or refused with one line, and drawn in every form without a byte that acts.
#include <string>
#include <string_view>

#include "base/utf8.h"
#include "diagram/draw.h"
#include "diagram/summary.h"
#include "diagram/width.h"
#include "record/trace_reader.h"
#include "require.h"

namespace {

using namespace tcpkit;

void require_text(std::string_view text, std::size_t columns) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    fuzz::require(diagram::width(line) <= columns, "a line is narrow", line);
    text.remove_prefix(line.size());
    fuzz::require(!text.empty(), "the last line has its end");
    text.remove_prefix(1);
    for (std::string_view rest = line; !rest.empty();) {
      const Utf8 next = decode_utf8(rest);
      fuzz::require(next.valid && is_printable(next.code_point), "text is printable", line);
      rest.remove_prefix(next.length);
    }
  }
}

/// What each line of Mermaid begins with; and nothing in its text is more than text.
void require_mermaid(std::string_view text) {
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(line.size() + 1);
    if (line == "sequenceDiagram") continue;
    fuzz::require(line.starts_with("  participant ") || line.starts_with("  Note ") ||
                      line.starts_with("  C") || line.starts_with("  S"),
                  "a line of Mermaid", line);
    const std::size_t arrow = line.find(">> ");
    if (arrow != std::string_view::npos && arrow < 10) line.remove_prefix(arrow + 2);
    for (std::size_t at = 0; (at = line.find_first_of("#;<>{}%`$\\\"", at)) != line.npos; ++at) {
      static constexpr std::string_view line_break = "<br/>";
      if (line.substr(at).starts_with(line_break)) {
        at += line_break.size() - 1;
        continue;
      }
      fuzz::require(line[at] == '#', "no character with a meaning", line);
      const std::size_t end = line.find_first_not_of("0123456789", at + 1);
      fuzz::require(end != line.npos && end > at + 1 && line[end] == ';', "an entity", line);
      at = end;
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  // The first byte chooses the looks, and in which pieces the trace comes.
  const std::string_view trace{reinterpret_cast<const char*>(data) + 1, size - 1};
  const diagram::LadderStyle style{
      (data[0] & 1) != 0 ? diagram::Charset::ascii : diagram::Charset::unicode,
      static_cast<trace::TimeView>((data[0] >> 1) & 3), false};
  const std::size_t piece = (data[0] & 8) != 0 ? 7 : size;
  diagram::Summary summary(false);
  diagram::Collection ladder;
  diagram::Collection mermaid;
  diagram::Collection svg;
  record::TraceReader reader([&](const record::Line& line) {
    summary.add(line);
    ladder.add(line);
    mermaid.add(line);
    svg.add(line);
  });
  bool good = true;
  for (std::size_t at = 0; good && at < trace.size(); at += piece)
    good = reader.feed(trace.substr(at, piece));
  if (!reader.finish()) {
    fuzz::require_message(reader.fault());
    return 0;
  }
  fuzz::require(good, "a good trace has no fault");
  require_text(diagram::draw(ladder, diagram::Form::ladder, style), 80);
  std::string lines;
  summary.print([&](std::string_view text) {
    lines += text;
    return true;
  });
  require_text(lines, std::string_view::npos);
  const std::string text = diagram::draw(mermaid, diagram::Form::mermaid, style);
  require_text(text, std::string_view::npos);
  require_mermaid(text);
  require_text(diagram::draw(svg, diagram::Form::svg, style), std::string_view::npos);
  return 0;
}
