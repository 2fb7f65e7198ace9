#pragma once

#include <cstddef>
#include <string_view>

namespace tcpkit::stdio {

/// A moving view of a regular file from its offset on, for sending it without copying. The offset,
/// which other processes share, moves with what was sent. Nothing may look at the bytes: a page
/// past the end of a file that was cut short is EFAULT for send(2), but SIGBUS for a reader. Does
/// not own the descriptor.
class FileWindow {
 public:
  explicit FileWindow(int fd) : fd_(fd) {}
  ~FileWindow() { unmap(); }
  FileWindow(const FileWindow&) = delete;
  FileWindow& operator=(const FileWindow&) = delete;

  /// What follows the offset, up to 1 MiB. Empty at the end of the file, and if it cannot be
  /// mapped: read(2) tells.
  std::string_view view();
  /// `bytes` of the view are with the kernel.
  void advance(std::size_t bytes);
  /// The file cannot be sent this way: view() is empty from now on.
  void give_up();

 private:
  void unmap();

  int fd_;
  bool usable_ = true;
  char* map_ = nullptr;
  std::size_t size_ = 0;   ///< of the mapping
  std::size_t start_ = 0;  ///< of the view in it
};

}  // namespace tcpkit::stdio
