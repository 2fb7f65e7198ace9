#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <optional>

#include "base/error.h"
#include "os/capture.h"
#include "os/libpcap.h"

namespace tcpkit::os {
std::optional<Capture::Refusal> Capture::refusal() {
  std::string why;
  if (Libpcap::load(why) == nullptr) return Refusal{why, false};
  const int fd = ::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
  if (fd < 0) return Refusal{errno_text(errno), errno == EPERM};
  ::close(fd);
  return {};
}

Capture::Capture(const Libpcap& lib, pcap* handle) : lib_(lib), handle_(handle, lib.close) {}

std::unique_ptr<Capture> Capture::open(const std::string& interface, const std::string& filter,
                                       std::size_t most, std::string& why) {
  const Libpcap* lib = Libpcap::load(why);
  if (lib == nullptr) return nullptr;
  std::array<char, PCAP_ERRBUF_SIZE> text{};
  pcap_t* handle = lib->create(interface.c_str(), text.data());
  if (handle == nullptr) {
    why = text.data();
    return nullptr;
  }
  std::unique_ptr<Capture> capture(new Capture(*lib, handle));
  if (!capture->activate(most, why) || !capture->set_filter(filter, why)) return nullptr;
  return capture;
}

bool Capture::activate(std::size_t most, std::string& why) {
  // Room for a burst while we are busy: with few bytes of each, ten thousand segments.
  static constexpr std::size_t few = 1024;
  static constexpr int small_ring = 4 << 20;
  static constexpr int large_ring = 32 << 20;
  pcap_t* handle = handle_.get();
  lib_.set_snaplen(handle, static_cast<int>(most));
  lib_.set_promisc(handle, 0);
  lib_.set_immediate_mode(handle, 1);
  lib_.set_buffer_size(handle, most <= few ? small_ring : large_ring);
  lib_.set_tstamp_precision(handle, PCAP_TSTAMP_PRECISION_NANO);  // else it stays with microseconds
  const int status = lib_.activate(handle);
  if (status < 0) {
    why = lib_.geterr(handle);
    if (why.empty()) why = lib_.statustostr(status);
    return false;
  }
  lib_.set_datalink(handle, DLT_LINUX_SLL2);  // of `any`; every other interface refuses it
  std::array<char, PCAP_ERRBUF_SIZE> text{};
  if (lib_.setnonblock(handle, 1, text.data()) != 0) {
    why = text.data();
    return false;
  }
  const auto link = link_of(lib_.datalink(handle));
  if (!link) {
    why = "its link layer is not known here";
    return false;
  }
  link_ = *link;
  fd_ = lib_.get_selectable_fd(handle);
  fraction_ = lib_.get_tstamp_precision(handle) == PCAP_TSTAMP_PRECISION_NANO ? 1 : 1000;
  return true;
}

bool Capture::set_filter(const std::string& filter, std::string& why) {
  bpf_program program{};
  bool good = lib_.compile(handle_.get(), &program, filter.c_str(), 1, PCAP_NETMASK_UNKNOWN) == 0;
  if (good) {
    good = lib_.setfilter(handle_.get(), &program) == 0;
    lib_.freecode(&program);
  }
  if (!good) why = lib_.geterr(handle_.get());
  return good;
}

bool Capture::read(const std::function<void(const Frame&)>& frame, std::string& why) {
  // More than there is room for: ends, however fast new ones come.
  static constexpr int most_at_once = 16384;
  struct Target {
    const std::function<void(const Frame&)>& frame;
    std::uint64_t fraction;
  } target{frame, fraction_};
  const int n = lib_.dispatch(
      handle_.get(), most_at_once,
      // NOLINTNEXTLINE(readability-non-const-parameter): the type is pcap_handler
      [](u_char* user, const pcap_pkthdr* header, const u_char* bytes) {
        const auto& to = *reinterpret_cast<Target*>(user);
        static constexpr std::uint64_t second = 1'000'000'000;
        to.frame({static_cast<std::uint64_t>(header->ts.tv_sec) * second +
                      static_cast<std::uint64_t>(header->ts.tv_usec) * to.fraction,
                  {reinterpret_cast<const char*>(bytes), header->caplen},
                  header->len});
      },
      reinterpret_cast<u_char*>(&target));
  if (n >= 0) return true;
  why = lib_.geterr(handle_.get());
  return false;
}

std::uint64_t Capture::dropped() const {
  pcap_stat stat{};
  return lib_.stats(handle_.get(), &stat) == 0 ? stat.ps_drop : 0;
}

}  // namespace tcpkit::os
