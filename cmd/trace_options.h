#pragma once

#include <CLI/App.hpp>
#include <string>

#include "trace/human_sink.h"
#include "trace/tracer.h"

namespace tcpkit::cmd {

/// The trace group.
struct TraceOptions {
  std::string trace;  ///< "human", "json", or empty: not asked for
  bool json = false;
  std::string file;  ///< empty: the command's own place; "-": stdout; "fd:N"
  trace::Layers layers{trace::Layer::call, trace::Layer::event};
  trace::TimeView time = trace::TimeView::relative;
  trace::DataView data = trace::DataView::none;
  enum class Colour { automatic, always, never } colour = Colour::automatic;
  std::string pcap;  ///< the file of the captured segments; empty: none
  bool explain = false;
  bool verbose = false;
  bool quiet = false;

  void declare(CLI::App& app);
  /// Throws UsageError. To be called after parsing.
  void check();
  /// Throws UsageError for what a Unix socket has not.
  void check_kind(bool is_unix) const;

  /// For commands whose output is the trace.
  void on_by_default() { implied_ = true; }
  /// For commands that have records of the kernel; before declare().
  void with_kernel() {
    kernel_ = true;
    layers.add(trace::Layer::kernel);
  }

  [[nodiscard]] bool enabled() const { return implied_ && !quiet; }
  /// Segments have to be captured.
  [[nodiscard]] bool captures() const { return layers.has(trace::Layer::wire) || !pcap.empty(); }
  [[nodiscard]] bool is_json() const { return json || trace == "json"; }
  /// Of a command whose stdout carries no payload.
  [[nodiscard]] bool on_stdout() const { return file.empty() || file == "-" || file == "fd:1"; }

 private:
  bool implied_ = false;
  bool kernel_ = false;
  CLI::App* app_ = nullptr;
};

}  // namespace tcpkit::cmd
