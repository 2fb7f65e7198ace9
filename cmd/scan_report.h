#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "flow/scan.h"
#include "stdio/output.h"
#include "uv/timer.h"

namespace tcpkit::cmd {

/// The answers of a scan, on stdout in the order of the ports although they come in any order, and
/// its progress, on a terminal.
class ScanReport {
 public:
  struct Options {
    std::string host;  ///< as it was typed
    std::vector<std::uint16_t> ports;
    bool prints = true;     ///< false: stdout is for something else
    bool progress = false;  ///< stderr is a terminal, and carries nothing else
  };

  /// `output_failed`: as stdio::Output::Callbacks::on_error.
  ScanReport(uv::Loop& loop, Options options, std::function<void(int)> output_failed);
  ~ScanReport();
  ScanReport(const ScanReport&) = delete;
  ScanReport& operator=(const ScanReport&) = delete;

  void begin();
  void settle(std::size_t index, const flow::Scan::Answer& answer);
  /// No more answers will come: prints those that wait for one before them, and ends the progress.
  void end();
  /// Gives up what a slow stdout has not taken.
  void discard() { output_.discard(); }
  /// Removes the progress from the terminal: something else is going to be printed.
  void clear_progress();

  /// How many ports gave which answer: "3 open, 12 refused, 1 EHOSTUNREACH".
  [[nodiscard]] std::string counts() const;
  /// "1200 of 65535 ports scanned, 3 open".
  [[nodiscard]] std::string progress() const;
  [[nodiscard]] bool all_settled() const { return settled_ == answers_.size(); }
  [[nodiscard]] std::size_t open() const { return open_; }
  [[nodiscard]] bool all_refused() const { return refused_ == answers_.size(); }

 private:
  void put(std::size_t index);
  void flush();
  void draw();

  uv::Loop& loop_;
  Options options_;
  std::vector<flow::Scan::Answer> answers_;
  std::size_t printed_ = 0;  ///< the ports before this one
  std::size_t settled_ = 0;
  std::size_t open_ = 0;
  std::size_t refused_ = 0;
  std::size_t silent_ = 0;
  std::map<std::string, std::size_t> failed_;  ///< by their codes
  std::string lines_;                          ///< not handed to `output_` yet
  bool flushes_ = false;                       ///< at the end of this turn of the loop
  bool drawn_ = false;
  bool shares_terminal_;  ///< stdout is a terminal, too
  stdio::Output output_;
  uv::Timer redraw_;
};

}  // namespace tcpkit::cmd
