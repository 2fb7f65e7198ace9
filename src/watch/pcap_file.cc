#include "watch/pcap_file.h"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>
#include <system_error>
#include <utility>

namespace tcpkit::watch {
namespace {

/// In our byte order, which the first number tells the reader.
template <class T>
void append(std::string& out, T value) {
  const auto bytes = std::bit_cast<std::array<char, sizeof value>>(value);
  out.append(bytes.data(), bytes.size());
}

}  // namespace

PcapFile::PcapFile(int fd, const std::string& name, std::function<void(int)> failed)
    : writer_(fd, true, std::move(failed)) {
  static constexpr std::uint32_t nanosecond_magic = 0xa1b23c4d;
  static constexpr std::uint16_t major = 2;
  static constexpr std::uint16_t minor = 4;
  static constexpr std::uint32_t most = 262144;  // tcpdump's own limit of a packet
  static constexpr std::uint32_t linktype_raw = 101;
  std::string head;
  append(head, nanosecond_magic);
  append(head, major);
  append(head, minor);
  for (const std::uint32_t word : {0U, 0U, most, linktype_raw})
    append(head, word);
  const int err = trace::write_all(fd, head);
  if (err != 0) throw std::system_error(err, std::system_category(), name);
}

void PcapFile::add(std::uint64_t time, std::string_view packet, std::size_t size) {
  held_.emplace(time, Packet{std::string(packet), size});
}

void PcapFile::write_until(std::uint64_t time) {
  static constexpr std::uint64_t second = 1'000'000'000;
  while (!held_.empty() && held_.begin()->first <= time) {
    const auto& [at, packet] = *held_.begin();
    std::string& out = writer_.buffer();
    append(out, static_cast<std::uint32_t>(at / second));
    append(out, static_cast<std::uint32_t>(at % second));
    append(out, static_cast<std::uint32_t>(packet.bytes.size()));
    append(out, static_cast<std::uint32_t>(packet.size));
    out += packet.bytes;
    writer_.written();
    held_.erase(held_.begin());
  }
  writer_.flush();
}

bool PcapFile::settle(std::uint64_t now, std::uint64_t told) {
  write_until(std::min(now - hold, told - 1));
  return !held_.empty();
}

void PcapFile::flush() {
  write_until(std::numeric_limits<std::uint64_t>::max());
}

}  // namespace tcpkit::watch
