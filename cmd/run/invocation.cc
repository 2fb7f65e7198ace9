#include "cmd/run/invocation.h"

#include <unistd.h>

#include <array>
#include <string_view>
#include <utility>

namespace tcpkit::cmd {
namespace {

Invocation& invocation() {
  static Invocation value;
  return value;
}

std::string host_name() {
  static constexpr std::size_t longest = 256;
  std::array<char, longest> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

/// "socks5://user:password@host:1080" without what stands before '@'.
std::string without_credentials(const std::string& proxy) {
  const std::size_t at = proxy.rfind('@');
  if (at == std::string::npos) return proxy;
  const std::size_t scheme = proxy.find("://");
  const std::size_t begin = scheme == std::string::npos || scheme > at ? 0 : scheme + 3;
  return proxy.substr(0, begin) + proxy.substr(at + 1);
}

std::vector<std::string> without_secrets(const std::vector<std::string>& words) {
  std::vector<std::string> shown;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word == "--") {
      shown.insert(shown.end(), words.begin() + static_cast<std::ptrdiff_t>(i), words.end());
      break;
    }
    const std::size_t equals = word.find('=');
    const std::string name = word.substr(0, equals);
    const bool apart = equals == std::string::npos;
    if (name == "--send" || name == "--do") {
      shown.push_back(name);
      if (apart) ++i;
    } else if (name == "--proxy") {
      if (!apart) {
        shown.push_back(name + "=" + without_credentials(word.substr(equals + 1)));
        continue;
      }
      shown.push_back(name);
      if (++i < words.size()) shown.push_back(without_credentials(words[i]));
    } else {
      shown.push_back(word);
    }
  }
  return shown;
}

}  // namespace

void set_invocation(Invocation value) {
  invocation() = std::move(value);
}

record::note::Run run_record() {
  const Invocation& called = invocation();
  return {called.version, called.command, without_secrets(called.words), ::getpid(), host_name()};
}

}  // namespace tcpkit::cmd
