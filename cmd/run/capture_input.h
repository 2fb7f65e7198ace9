#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "os/capture_file.h"

namespace tcpkit::cmd {

/// True if these first bytes of a file are those of a pcap or pcapng file.
bool is_capture(std::string_view begin);

/// A capture that a command reads. The first frame is read at once: times count from there.
class CaptureInput {
 public:
  /// Reads from `fd`, the caller's, of which `begun` was read already; `name` as the user wrote it.
  /// `before_waiting`: see os::CaptureFile::open(). nullptr if it is no capture, and `why` is a
  /// line.
  static std::unique_ptr<CaptureInput> open(int fd, std::string begun, const std::string& name,
                                            std::function<void()> before_waiting, std::string& why);
  /// pcap-filter(7), before the first next(); false if it is none, and `why` what libpcap says.
  bool set_filter(const std::string& filter, std::string& why) {
    return file_->set_filter(filter, why);
  }

  /// Goes to the first or the next frame; false at the end.
  bool next();
  [[nodiscard]] const os::CaptureFile::Frame& frame() const { return frame_; }
  /// Why nothing more could be read, as a line; empty at the end of a whole file.
  [[nodiscard]] const std::string& fault() const { return fault_; }
  [[nodiscard]] tcp::Link link() const { return file_->link(); }

 private:
  CaptureInput(std::unique_ptr<os::CaptureFile> file, std::string shown)
      : file_(std::move(file)), shown_(std::move(shown)) {}

  std::unique_ptr<os::CaptureFile> file_;
  std::string shown_;
  os::CaptureFile::Frame frame_{};
  std::string fault_;
};

}  // namespace tcpkit::cmd
