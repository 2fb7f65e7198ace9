#include "diagram/svg.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string_view>

#include "base/append.h"
#include "diagram/clock.h"
#include "diagram/legend.h"
#include "diagram/width.h"

namespace tcpkit::diagram {
namespace {

// Pixels.
constexpr double column = 7.3;  // of a monospaced letter at 12 pixels
constexpr double line_height = 22;
constexpr double margin = 16;
constexpr double arrow_head = 9;
constexpr std::size_t most_words = 44;  // columns
constexpr std::size_t least_label = 36;
constexpr std::size_t most_label = 64;
constexpr std::size_t most_note = 110;

constexpr std::string_view style = R"(<style>
.tcpkit-diagram{font:12px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;
--ink:#1b1f24;--faint:#6a737d;--page:#ffffff;--call:#0b6e8f;--bad:#b3261e;--line:#8c959f}
@media (prefers-color-scheme:dark){.tcpkit-diagram{
--ink:#e6edf3;--faint:#9198a1;--page:#0d1117;--call:#6cc7e6;--bad:#ff8a80;--line:#6e7681}}
.tcpkit-diagram .page{fill:var(--page)}
.tcpkit-diagram text{fill:var(--ink);white-space:pre}
.tcpkit-diagram .title{font-weight:bold}
.tcpkit-diagram .faint{fill:var(--faint)}
.tcpkit-diagram .call{fill:var(--call)}
.tcpkit-diagram .bad{fill:var(--bad)}
.tcpkit-diagram .life{stroke:var(--line);stroke-width:2}
.tcpkit-diagram .arrow{stroke:var(--ink);stroke-width:1.5}
.tcpkit-diagram .inferred{stroke-dasharray:6 4}
.tcpkit-diagram .reset{stroke:var(--bad)}
.tcpkit-diagram .head{fill:var(--ink)}
.tcpkit-diagram .head.bad{fill:var(--bad)}
</style>
<defs>
<marker id="tcpkit-head" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto-start-reverse"><path class="head" d="M0 0 10 5 0 10z"/></marker>
<marker id="tcpkit-bad-head" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto-start-reverse"><path class="head bad" d="M0 0 10 5 0 10z"/></marker>
</defs>
)";

/// Of displayed text, which has no character that XML forbids.
std::string xml_escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string_view class_of(Row::Kind kind) {
  switch (kind) {
    case Row::Kind::call:
      return "call";
    case Row::Kind::error:
      return "bad";
    case Row::Kind::event:
      return "event";
    case Row::Kind::kernel:
    case Row::Kind::state:
    case Row::Kind::note:
    case Row::Kind::segment:
      break;
  }
  return "faint";
}

class Svg {
 public:
  Svg(const Picture& picture, Times times) : picture_(picture), times_(times) {}
  std::string draw();

 private:
  void measure();
  void draw_conversation(const Conversation& c);
  void draw_row(const Row& row, const std::string& time);
  void draw_note(const Row& row, const std::string& time);
  void draw_arrow(const Arrow& arrow);
  void draw_legend();
  void line(std::string_view css, double x1, double y1, double x2, double y2,
            std::string_view more = {}) {
    append_format(
        body_, "<line class=\"{}\" x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\"{}/>\n",
        css, x1, y1, x2, y2, more);
  }
  void words(std::string_view css, double x, double y, std::string_view anchor,
             std::string_view text) {
    append_format(body_,
                  "<text class=\"{}\" x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>\n",
                  css, x, y, anchor, xml_escaped(text));
  }

  const Picture& picture_;
  Times times_;
  double time_end_ = 0;  ///< x where times end
  double left_ = 0;      ///< x of the lifelines
  double right_ = 0;
  double width_ = 0;
  double y_ = margin;
  std::string body_;
};

void Svg::measure() {
  std::size_t time = 0;
  std::size_t left = 8;
  std::size_t right = 8;
  std::size_t title = 0;
  std::size_t label = least_label;
  for (const Conversation& c : picture_.conversations) {
    Clock clock(times_, picture_.start);
    title = std::max(title, width(c.name) + width(c.route) + 3);
    left = std::max(left, width(c.left) / 2 + 1);
    right = std::max(right, width(c.right) / 2 + 1);
    for (const Row& row : c.rows) {
      time = std::max(time, clock.text(row).size());
      if (row.kind == Row::Kind::note) continue;
      label = std::max(label, std::min(width(row.arrow.label), most_label));
      std::size_t& side = row.side == Side::left ? left : right;
      side = std::max(side, std::min(width(row.text), most_words));
    }
  }
  const auto pixels = [](std::size_t columns) { return static_cast<double>(columns) * column; };
  time_end_ = margin + pixels(time);
  left_ = time_end_ + (time > 0 ? 2 * column : 0) + pixels(left) + column;
  right_ = left_ + pixels(label) + 5 * column;
  width_ = std::max(right_ + column + pixels(right), margin + pixels(title)) + margin;
}

void Svg::draw_arrow(const Arrow& a) {
  const bool from_left = a.from == Side::left;
  std::string css = "arrow";
  if (!a.captured) css += " inferred";
  if (a.reset) css += " reset";
  const double y = y_ + 6;
  line(css, from_left ? left_ + 1 : right_ - 1, y, from_left ? right_ - 2 : left_ + 2, y,
       a.reset ? " marker-end=\"url(#tcpkit-bad-head)\"" : " marker-end=\"url(#tcpkit-head)\"");
  words(a.reset ? "bad" : "event", (left_ + right_) / 2, y - 5, "middle",
        fit(a.label, most_label, Charset::unicode));
}

void Svg::draw_row(const Row& row, const std::string& time) {
  if (!time.empty()) words("faint", time_end_, y_ + 4, "end", time);
  if (!row.text.empty()) {
    const bool left = row.side == Side::left;
    words(class_of(row.kind), left ? left_ - column : right_ + column, y_ + 4,
          left ? "end" : "start", fit(row.text, most_words, Charset::unicode));
  }
  if (!row.arrow.label.empty()) draw_arrow(row.arrow);
  y_ += line_height;
}

void Svg::draw_note(const Row& row, const std::string& time) {
  if (!time.empty()) words("faint", time_end_, y_ + 4, "end", time);
  const double x = time_end_ + 2 * column;
  const auto room = static_cast<std::size_t>((width_ - margin - x) / column);
  for (const std::string& text : wrap(row.text, std::min(room, most_note))) {
    // Behind it the lifelines stop.
    append_format(body_,
                  "<rect class=\"page\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" "
                  "height=\"{:.1f}\"/>\n",
                  x, y_ - line_height / 2, width_ - margin - x, line_height + 1);
    words("faint", x, y_ + 4, "start", text);
    y_ += line_height;
  }
}

void Svg::draw_conversation(const Conversation& c) {
  const std::string title = c.route.empty() ? c.name : c.name + " · " + c.route;
  y_ += line_height / 2;
  words("title", margin, y_ + 4, "start", title);
  y_ += line_height * 1.3;
  words("event", left_, y_ + 4, "middle", c.left);
  words("event", right_, y_ + 4, "middle", c.right);
  Clock clock(times_, picture_.start);
  if (!clock.unit().empty()) words("faint", time_end_, y_ + 4, "end", clock.unit());
  y_ += line_height;
  // The lifelines first, since what is drawn later is above.
  const std::size_t at = body_.size();
  const double top = y_ - line_height / 2;
  for (const Row& row : c.rows) {
    const std::string time = clock.text(row);
    if (row.kind == Row::Kind::note) {
      draw_note(row, time);
    } else {
      draw_row(row, time);
    }
  }
  std::string rows = body_.substr(at);
  body_.resize(at);
  line("life", left_, top, left_, y_ - line_height / 4);
  line("life", right_, top, right_, y_ - line_height / 4);
  body_ += rows;
  y_ += line_height / 2;
}

void Svg::draw_legend() {
  for (const LegendEntry& entry : legend_of(picture_)) {
    static constexpr double sample = 48;
    y_ += line_height;
    if (entry.sort == LegendEntry::Sort::inferred_state) {
      words("faint", margin, y_ + 4, "start", "~");
    } else {
      const bool captured = entry.sort == LegendEntry::Sort::captured;
      line(captured ? "arrow" : "arrow inferred", margin, y_, margin + sample - arrow_head, y_,
           " marker-end=\"url(#tcpkit-head)\"");
    }
    words("faint", margin + sample, y_ + 4, "start", entry.text);
  }
}

std::string Svg::draw() {
  measure();
  static constexpr double least_width = 480;  // of the legend
  width_ = std::max(width_, least_width);
  for (const Conversation& c : picture_.conversations)
    draw_conversation(c);
  draw_legend();
  const double height = y_ + line_height;
  std::string title = "TCP connection";
  if (!picture_.conversations.empty()) {
    const Conversation& c = picture_.conversations.front();
    title = c.route.empty() ? c.name : c.name + ": " + c.route;
  }
  return fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"tcpkit-diagram\" role=\"img\" "
      "viewBox=\"0 0 {0:.0f} {1:.0f}\" width=\"{0:.0f}\" height=\"{1:.0f}\">\n"
      "<title>{2}</title>\n"
      "<desc>Client on the left, server on the right, time downwards; solid arrows are captured "
      "segments, dashed ones inferred.</desc>\n"
      "{3}<rect class=\"page\" width=\"100%\" height=\"100%\"/>\n{4}</svg>\n",
      width_, height, xml_escaped(title), style, body_);
}

}  // namespace

std::string draw_svg(const Picture& picture, Times times) {
  return Svg(picture, times).draw();
}

}  // namespace tcpkit::diagram
