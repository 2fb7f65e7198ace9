#include "cmd/run/capture_input.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <utility>

namespace tcpkit::cmd {
namespace {

using namespace std::string_view_literals;

/// What to do with a file that libpcap does not take.
std::string_view remedy_of(std::string_view begin, std::string_view why) {
  if (begin.starts_with("\x1f\x8b"sv)) return "; it is compressed: zcat FILE | tcpkit read -";
  if (begin.starts_with("\x28\xb5\x2f\xfd"sv))
    return "; it is compressed: zstdcat FILE | tcpkit read -";
  if (begin.starts_with("{"sv)) return "; a JSON trace is for tcpkit diagram";
  if (why.find("different from") != std::string_view::npos) {
    return "; take its interfaces apart: tshark -r FILE -Y 'frame.interface_id == 0' -w OTHER";
  }
  return "";
}

}  // namespace

bool is_capture(std::string_view begin) {
  // pcap in both byte orders, with microseconds and nanoseconds and of a modified kind; pcapng.
  static constexpr std::array magics{
      "\xd4\xc3\xb2\xa1"sv, "\xa1\xb2\xc3\xd4"sv, "\x4d\x3c\xb2\xa1"sv, "\xa1\xb2\x3c\x4d"sv,
      "\x34\xcd\xb2\xa1"sv, "\xa1\xb2\xcd\x34"sv, "\x0a\x0d\x0d\x0a"sv};
  return std::any_of(magics.begin(), magics.end(),
                     [&](std::string_view magic) { return begin.starts_with(magic); });
}

std::unique_ptr<CaptureInput> CaptureInput::open(int fd, std::string begun, const std::string& name,
                                                 std::function<void()> before_waiting,
                                                 std::string& why) {
  const std::string begin = begun.substr(0, 4);
  auto file = os::CaptureFile::open(fd, std::move(begun), std::move(before_waiting), why);
  if (file) return std::unique_ptr<CaptureInput>(new CaptureInput(std::move(file), name));
  why = fmt::format("cannot read {}: {}{}", name, why, remedy_of(begin, why));
  return nullptr;
}

bool CaptureInput::next() {
  std::string why;
  switch (file_->next(frame_, why)) {
    case os::CaptureFile::Next::frame:
      return true;
    case os::CaptureFile::Next::broken:
      fault_ = fmt::format("cannot read all of {}: {}{}", shown_, why, remedy_of("", why));
      return false;
    case os::CaptureFile::Next::end:
      break;
  }
  return false;
}

}  // namespace tcpkit::cmd
