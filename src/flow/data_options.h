#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace tcpkit::flow {

/// What the peer's FIN means for stdin, if that has not ended.
enum class HalfOpen {
  by_input,  ///< a file, or a pipe that gives bytes, is sent to its end
  always,    ///< everything is read to its end
  never,     ///< our FIN follows at once
};

/// What the payload commands do with their bytes.
struct DataOptions {
  std::vector<std::string> send;  ///< goes out first, each in one write()
  bool crlf = false;
  bool send_only = false;
  bool recv_only = false;
  bool shutdown = true;  ///< stdin's end is end()
  HalfOpen half_open = HalfOpen::by_input;
  std::size_t rate = 0;                                 ///< of stdin, bytes a second; 0: no limit
  std::chrono::milliseconds interval{0};                ///< pause between lines of stdin
  std::optional<std::chrono::milliseconds> quit_after;  ///< after stdin's end
};

}  // namespace tcpkit::flow
