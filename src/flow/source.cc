#include "flow/source.h"

#include <cerrno>
#include <utility>

namespace tcpkit::flow {
namespace {
constexpr std::size_t block_size = 65536;
}  // namespace

Source::Source(uv::Loop& loop, int fd, const DataOptions& options,
               std::function<void()> on_readable)
    : input_(loop, fd, std::move(on_readable)),
      crlf_(options.crlf),
      by_line_(options.interval.count() > 0),
      block_(block_size, '\0') {}

ssize_t Source::read(std::string_view& block) {
  const ssize_t n = input_.read(block_.data(), block_.size());
  if (n <= 0) return n;
  block = std::string_view(block_).substr(0, static_cast<std::size_t>(n));
  if (crlf_) {
    converted_.clear();
    filter_.convert(block, converted_);
    block = converted_;
  }
  return static_cast<ssize_t>(block.size());
}

ssize_t Source::next(std::string_view& block) {
  const ssize_t n = next_block(block);
  if (n > 0) given_ += static_cast<std::uint64_t>(n);
  return n;
}

std::string_view Source::take_held() {
  const std::string_view rest = std::string_view(lines_).substr(line_start_);
  line_start_ = lines_.size();
  given_ += rest.size();
  return rest;
}

ssize_t Source::next_block(std::string_view& block) {
  if (!by_line_ && held() == 0) return read(block);
  for (;;) {
    const std::string_view held_bytes = std::string_view(lines_).substr(line_start_);
    const std::size_t newline = held_bytes.find('\n');
    // A line longer than a block goes out in pieces: memory stays bounded.
    if (newline != std::string_view::npos || held_bytes.size() >= block_size || !by_line_) {
      block = by_line_
                  ? held_bytes.substr(0, newline == std::string_view::npos ? newline : newline + 1)
                  : held_bytes;
      line_start_ += block.size();
      return static_cast<ssize_t>(block.size());
    }
    lines_.erase(0, std::exchange(line_start_, 0));
    std::string_view more;
    const ssize_t n = read(more);
    if (n > 0) {
      lines_.append(more);
    } else if (n == 0 && !lines_.empty()) {
      line_start_ = lines_.size();  // the last line has no newline
      block = lines_;
      return static_cast<ssize_t>(block.size());
    } else {
      return n;
    }
  }
}

}  // namespace tcpkit::flow
