#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/crlf.h"
#include "stdio/file_window.h"
#include "stdio/input.h"

namespace tcpkit::flow {

/// A descriptor as the blocks that go out: whole reads, or single lines if there is a pause between
/// them, with line ends converted if that is wanted. Asked, never pushed. Does not own the
/// descriptor.
class Source {
 public:
  struct Options {
    bool crlf = false;               ///< a lone LF becomes CRLF
    bool by_line = false;            ///< one line a block
    std::size_t block_size = 65536;  ///< the most bytes of one read
  };
  Source(uv::Loop& loop, int fd, const Options& options, std::function<void()> on_readable);

  stdio::Input& input() { return input_; }
  [[nodiscard]] const stdio::Input& input() const { return input_; }
  /// The next block: > 0 and `block` set until the next call, 0 at the end, -EAGAIN if there is
  /// nothing yet, or another negative errno.
  ssize_t next(std::string_view& block);

  /// True if nothing has to see the bytes: they may go out with gather() and sent().
  [[nodiscard]] bool transparent() const { return !crlf_ && !by_line_; }
  /// What is there, up to 1 MiB, without waiting for more. As next(), but the bytes stay until
  /// sent(), and only the kernel may look at them: they may be a file's that is being cut short.
  ssize_t gather(std::string_view& bytes);
  /// The kernel has taken so many of them.
  void sent(std::size_t bytes);
  /// The kernel cannot read them (EFAULT): the next gather() reads the file instead.
  void unmap() { window_.give_up(); }

  /// No more pauses: whatever is there comes at once.
  void stop_splitting() { by_line_ = false; }
  [[nodiscard]] bool by_line() const { return by_line_; }
  /// Bytes that have left: by next() and sent().
  [[nodiscard]] std::uint64_t given() const { return given_; }
  /// Bytes read that have not left yet.
  [[nodiscard]] std::size_t held() const { return lines_.size() - line_start_ + gathered().size(); }
  /// Takes them, without reading.
  std::string_view take_held();

 private:
  ssize_t next_block(std::string_view& block);
  ssize_t read(std::string_view& block);
  ssize_t fill();
  [[nodiscard]] std::string_view gathered() const {
    return {buffer_.get() + buffer_start_, buffer_end_ - buffer_start_};
  }
  std::string_view take_gathered();

  stdio::Input input_;
  stdio::FileWindow window_;
  bool crlf_;
  bool by_line_;
  std::size_t block_size_;
  std::uint64_t given_ = 0;
  CrlfFilter filter_;
  std::string block_;      ///< what read(2) fills
  std::string converted_;  ///< the block with other line ends
  // Bytes that wait: either lines for their turn, or what gather() has read for the kernel.
  std::string lines_;
  std::size_t line_start_ = 0;
  std::unique_ptr<char[]> buffer_;
  std::size_t buffer_start_ = 0;
  std::size_t buffer_end_ = 0;
  std::optional<ssize_t> end_;  ///< what reading ended with, once gather() has met it
};

}  // namespace tcpkit::flow
