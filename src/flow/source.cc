#include "flow/source.h"

#include <cerrno>
#include <utility>

namespace tcpkit::flow {
namespace {
constexpr std::size_t buffer_size = 1 << 20;
}  // namespace

Source::Source(uv::Loop& loop, int fd, const Options& options, std::function<void()> on_readable)
    : input_(loop, fd, std::move(on_readable)),
      window_(fd),
      crlf_(options.crlf),
      by_line_(options.by_line),
      block_size_(options.block_size) {}

ssize_t Source::read(std::string_view& block) {
  block_.resize(block_size_);  // once: most commands gather
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

std::string_view Source::take_gathered() {
  const std::string_view bytes = gathered();
  buffer_start_ = buffer_end_;
  return bytes;
}

std::string_view Source::take_held() {
  std::string_view rest = take_gathered();
  if (rest.empty()) {
    rest = std::string_view(lines_).substr(line_start_);
    line_start_ = lines_.size();
  }
  given_ += rest.size();
  return rest;
}

ssize_t Source::gather(std::string_view& bytes) {
  bytes = std::string_view(lines_).substr(line_start_);
  if (bytes.empty()) bytes = gathered();
  if (bytes.empty() && input_.kind() == stdio::Input::Kind::file) bytes = window_.view();
  if (bytes.empty()) {
    if (const ssize_t n = fill(); n <= 0) return n;
    bytes = gathered();
  }
  return static_cast<ssize_t>(bytes.size());
}

/// Reads until the buffer is full or nothing is there: few large sends instead of many small ones.
ssize_t Source::fill() {
  if (!buffer_) buffer_ = std::make_unique_for_overwrite<char[]>(buffer_size);
  buffer_start_ = buffer_end_ = 0;
  while (buffer_end_ < buffer_size) {
    const ssize_t n =
        end_ ? *end_ : input_.read(buffer_.get() + buffer_end_, buffer_size - buffer_end_);
    if (n <= 0 && n != -EAGAIN) end_ = n;  // a terminal reports its end only once
    if (n <= 0 && buffer_end_ > 0) break;
    if (n <= 0) return n;
    buffer_end_ += static_cast<std::size_t>(n);
  }
  return static_cast<ssize_t>(buffer_end_);
}

void Source::sent(std::size_t bytes) {
  given_ += bytes;
  if (line_start_ < lines_.size()) {
    line_start_ += bytes;
  } else if (buffer_start_ < buffer_end_) {
    buffer_start_ += bytes;
  } else {
    window_.advance(bytes);
  }
}

ssize_t Source::next_block(std::string_view& block) {
  block = take_gathered();
  if (!block.empty()) return static_cast<ssize_t>(block.size());
  if (!by_line_ && held() == 0) return read(block);
  for (;;) {
    const std::string_view held_bytes = std::string_view(lines_).substr(line_start_);
    const std::size_t newline = held_bytes.find('\n');
    // A line longer than a block goes out in pieces: memory stays bounded.
    if (newline != std::string_view::npos || held_bytes.size() >= block_size_ || !by_line_) {
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
