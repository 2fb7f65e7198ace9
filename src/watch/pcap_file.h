#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "trace/writer.h"

namespace tcpkit::watch {

/// Writes IP packets to a file that Wireshark and tcpdump read: libpcap's format 2.4 with
/// nanoseconds, LINKTYPE_RAW. Packets may come a little late; they are written in the order of
/// their times.
class PcapFile {
 public:
  /// Longest time a packet is held, in nanoseconds.
  static constexpr std::uint64_t hold = 50'000'000;

  /// `fd` is owned. `failed` as trace::Writer has it.
  PcapFile(int fd, std::function<void(int)> failed);
  PcapFile(const PcapFile&) = delete;
  PcapFile& operator=(const PcapFile&) = delete;
  ~PcapFile() { flush(); }

  /// `time`: nanoseconds of CLOCK_REALTIME. `packet`: what was captured of `size` bytes.
  void add(std::uint64_t time, std::string_view packet, std::size_t size);
  /// Writes what is older than `hold`; true where something is held.
  bool settle(std::uint64_t now);
  /// Writes everything.
  void flush();

 private:
  struct Packet {
    std::string bytes;
    std::size_t size;
  };
  void write_until(std::uint64_t time);

  trace::Writer writer_;
  std::multimap<std::uint64_t, Packet> held_;
};

}  // namespace tcpkit::watch
