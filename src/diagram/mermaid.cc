#include "diagram/mermaid.h"

#include <iterator>
#include <utility>

#include "base/append.h"
#include "base/utf8.h"
#include "diagram/clock.h"
#include "diagram/legend.h"
#include "diagram/width.h"

namespace tcpkit::diagram {
namespace {

/// What Mermaid takes as it stands, wherever. The rest may have a meaning in its grammar, in its
/// directives (%%) and comments, as HTML or as TeX, and comes as an entity, #NN;.
bool is_plain(char32_t c) {
  if (c >= 0x80) return true;
  const bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  return word || std::string_view(" .,()[]/_!?*=").find(static_cast<char>(c)) != std::string::npos;
}

void append_text(std::string& out, std::string_view text) {
  const bool order = text.starts_with("wrap") || text.starts_with("nowrap");
  bool first = true;
  bool in_word = false;
  while (!text.empty()) {
    const Utf8 next = decode_utf8(text);
    // A colon or a dash between two words has no meaning.
    const bool joint = in_word && (next.code_point == ':' || next.code_point == '-');
    const bool plain = is_plain(next.code_point) && !(first && (order || text.front() == ' '));
    if (plain || joint) {
      out += text.substr(0, next.length);
    } else {
      append_format(out, "#{};", static_cast<unsigned>(next.code_point));
    }
    in_word = !joint && next.code_point != ' ' && is_plain(next.code_point);
    first = false;
    text.remove_prefix(next.length);
  }
}

std::string mermaid_text(std::string_view text) {
  std::string out;
  append_text(out, text);
  return out;
}

/// A note over both lifelines, which Mermaid does not make wider for its text.
void append_note(std::string& out, std::string_view words, std::size_t number) {
  static constexpr std::size_t columns = 48;
  append_format(out, "  Note over C{0},S{0}: ", number);
  bool first = true;
  for (const std::string& line : wrap(words, columns)) {
    if (!std::exchange(first, false)) out += "<br/>";
    append_text(out, line);
  }
  out += '\n';
}

void append_row(std::string& out, const Row& row, const std::string& time, std::size_t number) {
  if (!row.text.empty()) {
    const std::string words = time.empty() ? row.text : time + " " + row.text;
    if (row.kind == Row::Kind::note) {
      append_note(out, words, number);
    } else if (row.side == Side::left) {
      append_format(out, "  Note left of C{}: {}\n", number, mermaid_text(words));
    } else {
      append_format(out, "  Note right of S{}: {}\n", number, mermaid_text(words));
    }
  }
  if (row.arrow.label.empty()) return;
  const bool right = row.arrow.from == Side::left;
  append_format(out, "  {0}{2} {3} {1}{2}: {4}\n", right ? 'C' : 'S', right ? 'S' : 'C', number,
                row.arrow.captured ? "->>" : "-->>", mermaid_text(row.arrow.label));
}

}  // namespace

std::string draw_mermaid(const Picture& picture, Times times) {
  std::string out = "sequenceDiagram\n";
  std::size_t number = 0;
  for (const Conversation& c : picture.conversations) {
    ++number;
    append_format(out, "  participant C{} as {}\n", number,
                  mermaid_text(c.left.empty() ? "-" : c.left));
    append_format(out, "  participant S{} as {}\n", number,
                  mermaid_text(c.right.empty() ? "-" : c.right));
  }
  number = 0;
  for (const Conversation& c : picture.conversations) {
    ++number;
    const std::string title = c.route.empty() ? c.name : c.name + ", " + c.route;
    append_note(out, title, number);
    Clock clock(times, picture.start);
    const std::string unit = clock.unit().empty() ? "" : " " + clock.unit();
    for (const Row& row : c.rows) {
      const std::string time = clock.text(row);
      append_row(out, row, time.empty() ? time : time + unit, number);
    }
  }
  if (picture.conversations.empty()) return out;
  for (const LegendEntry& entry : legend_of(picture)) {
    const bool state = entry.sort == LegendEntry::Sort::inferred_state;
    append_note(out, (state ? "~ " : "") + std::string(entry.text), number);
  }
  return out;
}

}  // namespace tcpkit::diagram
