#include <algorithm>
#include <fstream>
#include <iterator>

#include "os/network_names.h"

namespace tcpkit::os {
namespace {

std::vector<std::string> words_of(const char* path) {
  std::ifstream file(path);
  return {std::istream_iterator<std::string>(file), {}};
}

bool contains(const std::vector<std::string>& words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

}  // namespace

std::vector<std::string> interface_names() {
  // "    lo:    1234 ..." after two lines of headings. /sys/class/net would show the network in
  // which it was mounted.
  std::vector<std::string> names;
  std::ifstream file("/proc/self/net/dev");
  std::string line;
  while (std::getline(file, line)) {
    const std::size_t colon = line.find(':');
    const std::size_t begin = line.find_first_not_of(' ');
    if (colon != std::string::npos && begin < colon)
      names.push_back(line.substr(begin, colon - begin));
  }
  return names;
}

std::vector<CongestionControl> congestion_controls() {
  const auto standard = words_of("/proc/sys/net/ipv4/tcp_congestion_control");
  const auto allowed = words_of("/proc/sys/net/ipv4/tcp_allowed_congestion_control");
  std::vector<CongestionControl> controls;
  for (std::string& name : words_of("/proc/sys/net/ipv4/tcp_available_congestion_control")) {
    const bool is_standard = contains(standard, name);
    const bool is_allowed = contains(allowed, name);
    controls.push_back({std::move(name), is_standard, is_allowed});
  }
  return controls;
}

}  // namespace tcpkit::os
