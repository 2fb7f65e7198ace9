#include "diagram/ladder.h"

#include <algorithm>
#include <string_view>

#include "diagram/clock.h"
#include "diagram/legend.h"

namespace tcpkit::diagram {
namespace {

constexpr std::size_t picture_columns = 80;
constexpr std::size_t least_arrow = 22;
constexpr std::size_t most_arrow = 44;
constexpr std::size_t arrow_frame = 6;   // line, blank, label, blank, line, head
constexpr std::size_t narrow_frame = 4;  // blank, label, blank, head
constexpr std::size_t most_word = 24;    // "connectionAttemptTimeout"
constexpr std::size_t most_lines = 3;    // of words that are longer

constexpr std::string_view dim = "\x1b[2m";
constexpr std::string_view bold = "\x1b[1m";
constexpr std::string_view red = "\x1b[1;31m";
constexpr std::string_view cyan = "\x1b[36m";
constexpr std::string_view plain_text = "\x1b[0m";

std::string_view colour_of(Row::Kind kind) {
  switch (kind) {
    case Row::Kind::call:
      return cyan;
    case Row::Kind::event:
      return bold;
    case Row::Kind::error:
      return red;
    case Row::Kind::kernel:
    case Row::Kind::state:
    case Row::Kind::note:
    case Row::Kind::segment:
      break;
  }
  return dim;
}

std::size_t longest_word(std::string_view text) {
  std::size_t longest = 0;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    longest = std::max(longest, width(word));
    text.remove_prefix(std::min(word.size() + 1, text.size()));
  }
  return longest;
}

/// Columns of the parts of a row; `left` and `right` are those of the words, 0 where there are
/// none.
struct Widths {
  std::size_t time = 0;
  std::size_t left = 0;
  std::size_t right = 0;
  std::size_t arrow = 0;
};

class Ladder {
 public:
  Ladder(const Conversation& conversation, const Picture& picture, LadderStyle style)
      : c_(conversation), picture_(picture), style_(style) {}
  void append(std::string& out);

 private:
  void measure();
  void append_row(std::string& out, const Row& row, std::string_view time) const;
  void append_line(std::string& out, const Row& row, std::string_view time,
                   const std::string& words, const Arrow& a) const;
  void append_note(std::string& out, const Row& row, std::string_view time) const;
  [[nodiscard]] std::string arrow(const Arrow& arrow) const;
  [[nodiscard]] std::string fit_label(const Arrow& arrow, std::size_t room) const;
  [[nodiscard]] std::vector<std::string> lines_of(const Row& row) const;
  [[nodiscard]] std::string text(std::string_view text) const {
    return style_.charset == Charset::unicode ? std::string(text) : to_ascii(text);
  }
  [[nodiscard]] std::string paint(std::string words, std::string_view colour) const {
    if (!style_.colour || words.find_first_not_of(' ') == std::string::npos) return words;
    return std::string(colour) + words + std::string(plain_text);
  }
  [[nodiscard]] bool unicode() const { return style_.charset == Charset::unicode; }

  const Conversation& c_;
  const Picture& picture_;
  LadderStyle style_;
  Widths w_;
};

void Ladder::measure() {
  Clock clock(style_.times, picture_.start);
  std::size_t label = 0;
  std::size_t left_word = 0;
  std::size_t right_word = 0;
  for (const Row& row : c_.rows) {
    w_.time = std::max(w_.time, clock.text(row).size());
    if (row.kind == Row::Kind::note) continue;
    std::size_t& side = row.side == Side::left ? w_.left : w_.right;
    side = std::max(side, width(text(row.text)));
    std::size_t& word = row.side == Side::left ? left_word : right_word;
    word = std::max(word, std::min(longest_word(text(row.text)), most_word));
    label = std::max(label, width(text(row.arrow.label)));
  }
  // Room for half of each end's name, which stands over its lifeline.
  w_.left = std::max(w_.left, (width(text(c_.left)) + 1) / 2);
  w_.right = std::max(w_.right, (width(text(c_.right)) + 1) / 2);
  // A time and two blanks, the words and a blank on each side, two lifelines.
  const std::size_t fixed = (w_.time > 0 ? w_.time + 2 : 0) + 4;
  const std::size_t all = picture_columns - std::min(picture_columns, fixed);
  const auto beside = [all](std::size_t words) { return all - std::min(all, words); };
  const std::size_t wanted = std::clamp(label + arrow_frame, least_arrow, most_arrow);
  const std::size_t words = left_word + right_word;
  const std::size_t room = beside(std::max(least_arrow, std::min(wanted, beside(words))));
  if (w_.left + w_.right > room) {
    std::size_t half = room / 2;
    if (words <= room) half = std::clamp(half, left_word, room - right_word);
    if (w_.left <= half) {
      w_.right = room - w_.left;
    } else if (w_.right <= room - half) {
      w_.left = room - w_.right;
    } else {
      w_.left = half;
      w_.right = room - half;
    }
  }
  w_.arrow = std::min(most_arrow, picture_columns - fixed - w_.left - w_.right);
}

/// What a segment is labelled, "(zero-window)", stays to the last.
std::string Ladder::fit_label(const Arrow& a, std::size_t room) const {
  std::string words = text(a.label);
  if (width(words) > room && !a.brief.empty()) words = text(a.brief);
  const std::size_t meaning = words.rfind(" (");
  if (width(words) <= room || meaning == std::string::npos) return fit(words, room, style_.charset);
  const std::string end = words.substr(meaning);
  const std::size_t left = room - std::min(room, width(end));
  return left < 2 ? fit(words, room, style_.charset)
                  : fit(words.substr(0, meaning), left, style_.charset) + end;
}

std::string Ladder::arrow(const Arrow& a) const {
  const bool right = a.from == Side::left;
  const std::string label = " " + fit_label(a, w_.arrow - narrow_frame) + " ";
  const std::size_t line = w_.arrow - 1 - width(label);
  const auto draw = [&](std::size_t count, bool in_front) {
    std::string out;
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t from_label = in_front ? count - 1 - i : i;
      if (unicode()) {
        out += a.captured ? "─" : "╌";
      } else {
        out += a.captured || from_label % 2 == 0 ? '-' : ' ';
      }
    }
    return out;
  };
  const std::string body = draw(line / 2, true) + label + draw(line - line / 2, false);
  if (right) return body + (unicode() ? "▶" : ">");
  return (unicode() ? "◀" : "<") + body;
}

/// The words of the row, in as many lines as they need; one at least.
std::vector<std::string> Ladder::lines_of(const Row& row) const {
  const std::size_t room = row.side == Side::left ? w_.left : w_.right;
  const std::string words = text(row.text);
  std::vector<std::string> lines = wrap(words, std::max<std::size_t>(room, 2));
  if (lines.empty()) lines.emplace_back();
  if (lines.size() > most_lines) {
    std::string rest;
    for (std::size_t i = most_lines - 1; i < lines.size(); ++i)
      rest += (rest.empty() ? "" : " ") + lines[i];
    lines.resize(most_lines);
    lines.back() = fit(rest, room, style_.charset);
  }
  return lines;
}

void Ladder::append_row(std::string& out, const Row& row, std::string_view time) const {
  const Arrow none;
  const Arrow* drawn = &row.arrow;
  for (const std::string& words : lines_of(row)) {
    append_line(out, row, time, words, *drawn);
    drawn = &none;
    time = {};
  }
}

void Ladder::append_line(std::string& out, const Row& row, std::string_view time,
                         const std::string& words, const Arrow& a) const {
  const std::string lifeline = unicode() ? "│" : "|";
  std::string left = row.side == Side::left ? words : "";
  const std::string right = row.side == Side::left ? "" : words;
  // A state stands beside its lifeline.
  left = row.kind == Row::Kind::state ? pad_left(left, w_.left) : pad_right(left, w_.left);
  std::string line;
  if (w_.time > 0) line += paint(pad_left(std::string(time), w_.time), dim) + "  ";
  line += paint(left, colour_of(row.kind)) + " " + lifeline;
  if (a.label.empty()) {
    line.append(w_.arrow, ' ');
  } else {
    const std::string_view colour = a.reset ? red : a.captured ? "" : dim;
    line += colour.empty() ? arrow(a) : paint(arrow(a), colour);
  }
  line += lifeline;
  if (!right.empty()) line += " " + paint(right, colour_of(row.kind));
  out += line + "\n";
}

void Ladder::append_note(std::string& out, const Row& row, std::string_view time) const {
  const std::string mark = unicode() ? "── " : "-- ";
  const std::size_t indent = w_.time > 0 ? w_.time + 2 : 0;
  std::string head = pad_right(pad_left(std::string(time), w_.time), indent) + mark;
  for (const std::string& line : wrap(text(row.text), picture_columns - indent - 3)) {
    out += paint(head + line, dim) + "\n";
    head = std::string(indent + 3, ' ');
  }
}

/// `name` over the column `at`, at most up to `end`.
void put_over(std::string& line, std::string_view name, std::size_t at, std::size_t end) {
  const std::size_t half = std::min(width(name) / 2, at);
  std::size_t begin = std::max(at - half, width(line) + (line.empty() ? 0 : 1));
  if (begin + width(name) > end) begin = end - std::min(end, width(name));
  line = pad_right(std::move(line), begin) + std::string(name);
}

void Ladder::append(std::string& out) {
  measure();
  std::string title = c_.name;
  if (!c_.route.empty()) title += (unicode() ? " · " : ", ") + c_.route;
  out += paint(fit(unicode() ? title : to_ascii(title), picture_columns, style_.charset), bold) +
         "\n\n";

  Clock clock(style_.times, picture_.start);
  const std::size_t first = (w_.time > 0 ? w_.time + 2 : 0) + w_.left + 1;
  const std::size_t second = first + 1 + w_.arrow;
  std::string names = pad_left(clock.unit(), w_.time);
  const std::size_t middle = (first + second) / 2;
  put_over(names, fit(text(c_.left), middle - width(names) - 1, style_.charset), first, middle);
  put_over(names, fit(text(c_.right), picture_columns - middle - 1, style_.charset), second,
           picture_columns);
  out += paint(names, dim) + "\n";
  for (const Row& row : c_.rows) {
    const std::string time = clock.text(row);
    if (row.kind == Row::Kind::note) {
      append_note(out, row, time);
    } else {
      append_row(out, row, time);
    }
  }
}

}  // namespace

std::string draw_ladder(const Picture& picture, LadderStyle style) {
  std::string out;
  for (const Conversation& conversation : picture.conversations) {
    if (!out.empty()) out += '\n';
    Ladder(conversation, picture, style).append(out);
  }
  const bool unicode = style.charset == Charset::unicode;
  const auto entries = legend_of(picture);
  if (entries.empty()) return out;
  out += '\n';
  for (const LegendEntry& entry : entries) {
    const char* sign = "~";
    if (entry.sort == LegendEntry::Sort::captured) sign = unicode ? "───▶" : "--->";
    if (entry.sort == LegendEntry::Sort::inferred) sign = unicode ? "╌╌╌▶" : "- ->";
    out += pad_right(sign, 4) + "  " + std::string(entry.text) + "\n";
  }
  return out;
}

}  // namespace tcpkit::diagram
