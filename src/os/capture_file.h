#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "os/capture.h"

namespace tcpkit::os {

/// A saved capture, pcap or pcapng, read by libpcap in order; also one that is still being written
/// into a pipe.
class CaptureFile {
 public:
  using Frame = Capture::Frame;

  /// Reads from `fd`, the caller's, of which `begun` was read already. `before_waiting` is called
  /// before each read(2), which may block: what is known so far can be shown. nullptr if this is no
  /// capture whose link type we know, and `why` a clause.
  static std::unique_ptr<CaptureFile> open(int fd, std::string begun,
                                           std::function<void()> before_waiting, std::string& why);
  /// pcap-filter(7); false if it is none, and `why` what libpcap says.
  bool set_filter(const std::string& filter, std::string& why);

  enum class Next { frame, end, broken };
  /// The next frame; its bytes live until the next call. Broken: the file was cut or damaged, or
  /// cannot be read, and `why` is a clause.
  Next next(Frame& frame, std::string& why);

  [[nodiscard]] tcp::Link link() const { return link_; }

 private:
  struct Source;
  CaptureFile(const Libpcap& lib, std::unique_ptr<Source> source, pcap* handle);

  const Libpcap& lib_;
  std::unique_ptr<Source, void (*)(Source*)> source_;
  std::unique_ptr<pcap, void (*)(pcap*)> handle_;  ///< goes first: it closes the stream
  tcp::Link link_ = tcp::Link::raw;
};

}  // namespace tcpkit::os
