#include "dns/resolv_conf.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>

namespace tcpkit::dns {
namespace {

constexpr std::string_view blanks = " \t\r";
/// RES_MAXRETRANS and RES_MAXRETRY of <resolv.h>.
constexpr int most_seconds = 30;
constexpr int most_attempts = 5;

std::string_view take_word(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
  const std::string_view word = text.substr(0, text.find_first_of(blanks));
  text.remove_prefix(word.size());
  return word;
}

void read_option(std::string_view word, std::string_view name, int most,
                 std::optional<int>& value) {
  if (!word.starts_with(name)) return;
  word.remove_prefix(name.size());
  int number = 0;
  const auto error = std::from_chars(word.data(), word.data() + word.size(), number).ec;
  if (error == std::errc::result_out_of_range) number = most;
  if (error != std::errc::invalid_argument) value = std::clamp(number, 1, most);
}

void read_options(std::string_view text, ResolvConf& conf) {
  for (std::string_view word = take_word(text); !word.empty(); word = take_word(text)) {
    read_option(word, "timeout:", most_seconds, conf.timeout);
    read_option(word, "attempts:", most_attempts, conf.attempts);
  }
}

}  // namespace

ResolvConf read_resolv_conf() {
  ResolvConf conf;
  std::ifstream file("/etc/resolv.conf");
  std::string line;
  while (std::getline(file, line)) {
    std::string_view text = line;
    if (take_word(text) == "options") read_options(text, conf);
  }
  if (const char* environment = std::getenv("RES_OPTIONS")) read_options(environment, conf);
  return conf;
}

}  // namespace tcpkit::dns
