#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tcpkit::net {

/// Bytes that write() accepted and the kernel did not: one block, filled at its end and emptied at
/// its start, so that a steady flow allocates nothing.
class SendQueue {
 public:
  void append(std::string_view bytes) {
    if (start_ > 0 && bytes_.size() + bytes.size() > bytes_.capacity()) {
      bytes_.erase(0, start_);
      start_ = 0;
    }
    bytes_.append(bytes);
  }
  [[nodiscard]] std::string_view front() const { return std::string_view(bytes_).substr(start_); }
  void remove(std::size_t n) {
    start_ += n;
    if (start_ == bytes_.size()) {
      bytes_.clear();
      start_ = 0;
    }
  }
  [[nodiscard]] bool empty() const { return start_ == bytes_.size(); }
  [[nodiscard]] std::size_t size() const { return bytes_.size() - start_; }

 private:
  std::string bytes_;
  std::size_t start_ = 0;
};

}  // namespace tcpkit::net
