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
  /// How long a packet is held in any case, in nanoseconds.
  static constexpr std::uint64_t hold = 50'000'000;

  /// Writes the head of the file: throws std::system_error with `name` where that fails. `fd` is
  /// owned. `failed` as trace::Writer has it.
  PcapFile(int fd, const std::string& name, std::function<void(int)> failed);
  PcapFile(const PcapFile&) = delete;
  PcapFile& operator=(const PcapFile&) = delete;
  ~PcapFile() { flush(); }

  /// `time`: nanoseconds of CLOCK_REALTIME. `packet`: what was captured of `size` bytes.
  void add(std::uint64_t time, std::string_view packet, std::size_t size);
  /// Writes what is older than `hold`, and than `told`, behind which something may yet come; true
  /// where something is held.
  bool settle(std::uint64_t now, std::uint64_t told);
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
