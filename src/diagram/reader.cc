#include "diagram/reader.h"

#include <fmt/core.h>

#include <utility>

namespace tcpkit::diagram {

bool Reader::fail(std::string_view why) {
  fault_ = fmt::format("{}: {}", line_, why);
  return false;
}

bool Reader::read_line(std::string_view line) {
  ++line_;
  if (line.size() > longest_line) {
    return fail(fmt::format("the line is over {} bytes", longest_line));
  }
  std::string why;
  if (!read_entry(line, entry_, why)) return fail(why);
  if (entry_.layer) take_(entry_);
  return true;
}

bool Reader::feed(std::string_view bytes) {
  if (!fault_.empty()) return false;
  for (;;) {
    const std::size_t newline = bytes.find('\n');
    if (newline == std::string_view::npos) break;
    const std::string_view rest = bytes.substr(0, newline);
    bytes.remove_prefix(newline + 1);
    if (begun_.empty()) {
      if (!read_line(rest)) return false;
      continue;
    }
    begun_ += rest;
    if (!read_line(begun_)) return false;
    begun_.clear();
  }
  begun_ += bytes;
  // Nobody waits for the end of a line that is too long already.
  return begun_.size() <= longest_line || read_line(std::exchange(begun_, {}));
}

bool Reader::finish() {
  if (!fault_.empty()) return false;
  if (!begun_.empty() && !read_line(std::exchange(begun_, {}))) return false;
  if (line_ > 0) return true;
  ++line_;
  return fail("the trace is empty");
}

}  // namespace tcpkit::diagram
