#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "tcp/segment.h"

struct pcap;

namespace tcpkit::os {

struct Libpcap;

/// Captures the frames that pass an interface, by libpcap. Needs CAP_NET_RAW over the network
/// namespace. The caller polls fd() and reads; nothing here blocks.
class Capture {
 public:
  struct Frame {
    std::uint64_t time;      ///< when the kernel saw it: nanoseconds of CLOCK_REALTIME
    std::string_view bytes;  ///< what was captured of it; lives as long as the call
    std::size_t size;        ///< bytes that it had
  };

  struct Refusal {
    std::string why;  ///< a clause
    bool capability;  ///< it is CAP_NET_RAW that is missing
  };
  /// Why this process cannot capture; nullopt where it can.
  static std::optional<Refusal> refusal();

  /// Opens `interface`, or all of them for "any"; captures the frames that `filter` lets through,
  /// pcap-filter(7), up to `most` bytes of each. nullptr where that fails, and `why` a clause.
  static std::unique_ptr<Capture> open(const std::string& interface, const std::string& filter,
                                       std::size_t most, std::string& why);
  ~Capture() = default;
  Capture(const Capture&) = delete;
  Capture& operator=(const Capture&) = delete;

  /// Takes the place of the filter. Frames that come during the call, some microseconds, may be
  /// lost. False where it fails.
  bool set_filter(const std::string& filter, std::string& why);
  /// Gives `frame` to what is there, in the order of capture. False where the capture is broken
  /// (the interface has gone), and `why` a clause.
  bool read(const std::function<void(const Frame&)>& frame, std::string& why);

  /// Readable where there is a frame.
  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] tcp::Link link() const { return link_; }
  /// Frames that the kernel had no room for, so far.
  [[nodiscard]] std::uint64_t dropped() const;

 private:
  Capture(const Libpcap& lib, pcap* handle);
  bool activate(std::size_t most, std::string& why);

  const Libpcap& lib_;
  std::unique_ptr<pcap, void (*)(pcap*)> handle_;
  int fd_ = -1;
  tcp::Link link_ = tcp::Link::raw;
  std::uint64_t fraction_ = 1;  ///< nanoseconds in the unit of its time stamps
};

}  // namespace tcpkit::os
