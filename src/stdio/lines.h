#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace tcpkit::stdio {

/// A descriptor read to its end, many whole lines at a time. Waits in read(2); memory is bounded: a
/// line longer than `longest` may come without what is behind. Does not own the descriptor.
class Lines {
 public:
  static constexpr std::size_t longest = 65536;

  explicit Lines(int fd);

  /// Skips a byte order mark at the start. > 0 and `lines` set until the next call: whole lines,
  /// each with its '\n', but for a last one without. 0 at the end, or a negative errno.
  ssize_t next(std::string_view& lines);

 private:
  ssize_t fill();
  bool skip_rest_of_line();
  std::string_view without_mark(std::string_view lines);

  int fd_;
  std::string buffer_;
  std::size_t begin_ = 0;  ///< what was not given out yet
  std::size_t end_ = 0;
  bool at_start_ = true;
  bool ended_ = false;
  bool skipping_ = false;  ///< the rest of a line that is too long
};

}  // namespace tcpkit::stdio
