#include <fmt/core.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <utility>

#include "base/error.h"
#include "base/escape.h"
#include "os/capture_file.h"
#include "os/libpcap.h"

namespace tcpkit::os {

/// What libpcap's stream reads from. A stream of our own knows when it is going to wait.
struct CaptureFile::Source {
  int fd;
  std::string begun;  ///< what comes before the rest of the file
  std::function<void()> before_waiting;
  int err = 0;  ///< of read(2)

  /// As read(2), but waits also if somebody made the descriptor non-blocking.
  ssize_t read(char* to, std::size_t size);
};

ssize_t CaptureFile::Source::read(char* to, std::size_t size) {
  if (!begun.empty()) {
    const std::size_t n = begun.copy(to, size);
    begun.erase(0, n);
    return static_cast<ssize_t>(n);
  }
  if (before_waiting) before_waiting();
  for (;;) {
    const ssize_t n = ::read(fd, to, size);
    if (n >= 0) return n;
    pollfd ready{fd, POLLIN, 0};
    if (errno == EAGAIN && ::poll(&ready, 1, -1) >= 0) continue;
    err = errno;
    return -1;
  }
}

namespace {

/// libpcap's own text is long; what it says of us is short.
std::string clause_of(const char* text) {
  return display_start(text, 200);
}

}  // namespace

CaptureFile::CaptureFile(const Libpcap& lib, std::unique_ptr<Source> source, pcap* handle)
    : lib_(lib),
      source_(source.release(), [](Source* s) { delete s; }),
      handle_(handle, lib.close) {}

std::unique_ptr<CaptureFile> CaptureFile::open(int fd, std::string begun,
                                               std::function<void()> before_waiting,
                                               std::string& why) {
  static constexpr std::size_t buffer = 256 << 10;
  const Libpcap* lib = Libpcap::load(why);
  if (lib == nullptr) return nullptr;
  auto source = std::make_unique<Source>(Source{fd, std::move(begun), std::move(before_waiting)});
  cookie_io_functions_t functions{};
  functions.read = [](void* cookie, char* to, std::size_t size) {
    return static_cast<Source*>(cookie)->read(to, size);
  };
  FILE* stream = ::fopencookie(source.get(), "r", functions);
  if (stream == nullptr) {
    why = errno_text(errno);
    return nullptr;
  }
  std::setvbuf(stream, nullptr, _IOFBF, buffer);
  std::array<char, PCAP_ERRBUF_SIZE> text{};
  pcap_t* handle =
      lib->fopen_offline_with_tstamp_precision(stream, PCAP_TSTAMP_PRECISION_NANO, text.data());
  if (handle == nullptr) {
    const int err = source->err;
    std::fclose(stream);
    why = err != 0 ? errno_text(err) : clause_of(text.data());
    return nullptr;
  }
  std::unique_ptr<CaptureFile> file(new CaptureFile(*lib, std::move(source), handle));
  const int type = lib->datalink(handle);
  const auto link = link_of(type);
  if (!link) {
    const char* name = lib->datalink_val_to_name(type);
    why = fmt::format(
        "its link type is {}, which is not known here; known are Ethernet, Linux cooked, raw IP "
        "and loopback",
        name != nullptr ? name : std::to_string(type));
    return nullptr;
  }
  file->link_ = *link;
  return file;
}

bool CaptureFile::set_filter(const std::string& filter, std::string& why) {
  bpf_program program{};
  bool good = lib_.compile(handle_.get(), &program, filter.c_str(), 1, PCAP_NETMASK_UNKNOWN) == 0;
  if (good) {
    good = lib_.setfilter(handle_.get(), &program) == 0;
    lib_.freecode(&program);
  }
  if (!good) why = clause_of(lib_.geterr(handle_.get()));
  return good;
}

CaptureFile::Next CaptureFile::next(Frame& frame, std::string& why) {
  static constexpr std::uint64_t second = 1'000'000'000;
  static constexpr std::uint64_t last_second = 7'258'118'400;  // the year 2200
  pcap_pkthdr* header = nullptr;
  const u_char* bytes = nullptr;
  const int n = lib_.next_ex(handle_.get(), &header, &bytes);
  if (n == PCAP_ERROR_BREAK) return Next::end;
  if (n != 1) {
    why = source_->err != 0 ? errno_text(source_->err) : clause_of(lib_.geterr(handle_.get()));
    return Next::broken;
  }
  const auto seconds = std::min(
      static_cast<std::uint64_t>(std::max<std::int64_t>(header->ts.tv_sec, 0)), last_second);
  const auto fraction = std::min(
      static_cast<std::uint64_t>(std::max<std::int64_t>(header->ts.tv_usec, 0)), second - 1);
  frame = {seconds * second + fraction,
           {reinterpret_cast<const char*>(bytes), header->caplen},
           header->len};
  return Next::frame;
}

}  // namespace tcpkit::os
