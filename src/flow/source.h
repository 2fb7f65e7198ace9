#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/crlf.h"
#include "flow/data_options.h"
#include "stdio/input.h"

namespace tcpkit::flow {

/// Stdin as the blocks that go out: whole reads, or single lines where there is a pause between
/// them, with line ends converted where asked for.
class Source {
 public:
  Source(uv::Loop& loop, int fd, const DataOptions& options, std::function<void()> on_readable);

  stdio::Input& input() { return input_; }
  /// True where nothing has to see the bytes: they may pass inside the kernel.
  [[nodiscard]] bool transparent() const { return !crlf_ && !by_line_; }
  /// The next block: > 0 and `block` set until the next call, 0 at the end, -EAGAIN where it has to
  /// be waited for, or another negative errno.
  ssize_t next(std::string_view& block);
  /// No more pauses: whatever is there comes at once.
  void stop_splitting() { by_line_ = false; }
  [[nodiscard]] bool by_line() const { return by_line_; }
  /// Bytes of stdin that next() has given out, and those that passed inside the kernel.
  [[nodiscard]] std::uint64_t given() const { return given_; }
  void count_spliced(std::size_t bytes) { given_ += bytes; }
  /// The same as next(), without reading: what held() counts, or nothing.
  std::string_view take_held();
  /// Bytes read and not given out yet.
  [[nodiscard]] std::size_t held() const { return lines_.size() - line_start_; }

 private:
  ssize_t next_block(std::string_view& block);
  ssize_t read(std::string_view& block);

  stdio::Input input_;
  bool crlf_;
  bool by_line_;
  std::uint64_t given_ = 0;
  CrlfFilter filter_;
  std::string block_;      ///< what read(2) fills
  std::string converted_;  ///< the block with other line ends
  std::string lines_;      ///< lines that wait for their turn
  std::size_t line_start_ = 0;
};

}  // namespace tcpkit::flow
