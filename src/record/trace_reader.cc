#include "record/trace_reader.h"

#include <fmt/core.h>

#include <utility>

#include "base/text.h"

namespace tcpkit::record {
namespace {

constexpr std::string_view blanks = " \t\r\n";

}  // namespace

bool TraceReader::Extent::add(std::string_view text) {
  for (const char c : text) {
    if (quoted_) {
      if (c == '\n') return true;  // a string has no end in the next line
      if (escaped_) {
        escaped_ = false;
      } else {
        escaped_ = c == '\\';
        quoted_ = c != '"';
      }
    } else if (c == '"') {
      quoted_ = true;
    } else if (c == '{' || c == '[') {
      if (++depth_ > LineReader::deepest_nesting) return true;  // its reader says so
    } else if ((c == '}' || c == ']') && --depth_ == 0) {
      return true;
    }
  }
  return false;
}

bool TraceReader::fail(std::string_view why) {
  fault_ = fmt::format("{}: {}", began_at_, why);
  return false;
}

bool TraceReader::read_record(std::string_view text) {
  if (!reader_.read(text)) return fail(reader_.fault());
  ++taken_;
  if (reader_.has_line()) take_(reader_.line());
  return true;
}

/// `ended`: by a '\n', which is not in `line`.
bool TraceReader::read_line(std::string_view line, bool ended) {
  ++line_;
  if (line_ == 1) line = skip_bom(line);
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (record_.empty()) {
    began_at_ = line_;
    if (line.find_first_not_of(blanks) == line.npos) return true;
  }
  if (record_.size() + line.size() > longest_record) {
    return fail(fmt::format("the record is over {} bytes", longest_record));
  }
  if (record_.empty()) {
    const char first = line[line.find_first_not_of(blanks)];
    if (first == '[') {
      return fail("a JSON array; give its records one after another, e.g. with jq -c '.[]'");
    }
    if (first != '{') return read_record(line);
    extent_ = {};
  } else if (line.starts_with('{')) {
    return read_record(record_);  // it has no end: another one begins
  }
  const bool whole = extent_.add(line) || (ended && extent_.add("\n"));
  if (record_.empty() && whole) return read_record(line);
  record_ += line;
  if (ended) record_ += '\n';
  return !whole || read_record(std::exchange(record_, {}));
}

bool TraceReader::feed(std::string_view bytes) {
  if (!fault_.empty()) return false;
  for (;;) {
    const std::size_t newline = bytes.find('\n');
    if (newline == std::string_view::npos) break;
    const std::string_view rest = bytes.substr(0, newline);
    bytes.remove_prefix(newline + 1);
    if (begun_.empty()) {
      if (!read_line(rest, true)) return false;
      continue;
    }
    begun_ += rest;
    if (!read_line(begun_, true)) return false;
    begun_.clear();
  }
  begun_ += bytes;
  // Nobody waits for the end of a record that is too long already.
  return record_.size() + begun_.size() <= longest_record ||
         read_line(std::exchange(begun_, {}), false);
}

bool TraceReader::finish() {
  if (!fault_.empty()) return false;
  if (!begun_.empty() && !read_line(std::exchange(begun_, {}), false)) return false;
  if (!record_.empty()) {
    cut_ = taken_ > 0;
    return fail("the trace ends in the midst of this record");
  }
  if (taken_ > 0) return true;
  began_at_ = 1;
  return fail("the trace is empty");
}

}  // namespace tcpkit::record
