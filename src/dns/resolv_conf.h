#pragma once

#include <optional>

namespace tcpkit::dns {

/// The `timeout:` (seconds, 1 to 30) and `attempts:` (1 to 5) of resolv.conf(5), and of
/// RES_OPTIONS, which comes after it: the last value holds. c-ares 1.18 does not read them.
struct ResolvConf {
  std::optional<int> timeout;
  std::optional<int> attempts;
};

/// Reads /etc/resolv.conf and the environment. What cannot be read says nothing.
ResolvConf read_resolv_conf();

}  // namespace tcpkit::dns
