#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "cmd/cli/option_set.h"
#include "cmd/options/picture.h"
#include "trace/human_sink.h"
#include "trace/tracer.h"

namespace tcpkit::cmd {

/// The trace group.
struct TraceOptions {
  std::string trace;  ///< "human", "json", or empty: not asked for
  bool json = false;
  std::string summary;  ///< "human", "json", or empty: not asked for
  record::Tags tags;
  bool append = false;
  std::string file;  ///< empty: the command's own place; "-": stdout; "fd:N"
  trace::Layers layers{record::Layer::call, record::Layer::event};
  trace::TimeView time = trace::TimeView::relative;
  record::DataView data = record::DataView::none;
  Colour colour = Colour::automatic;
  std::string pcap;  ///< the file of the captured segments; empty: none
  bool explain = false;
  std::optional<diagram::Form> diagram;
  bool verbose = false;
  bool quiet = false;

  void declare(OptionSet& set);
  /// Throws UsageError. To be called after parsing.
  void check();
  /// Throws UsageError for what a Unix socket has not.
  void check_kind(bool is_unix) const;

  /// For commands whose output is the trace.
  void on_by_default() { implied_ = true; }
  /// For a command whose outcome is the summary of its one connection.
  void summary_by_default() { summarises_ = true; }
  [[nodiscard]] bool summarises() const { return summarises_; }
  /// A line for people is wanted of each connection.
  [[nodiscard]] bool tells_summaries() const {
    return summarises_ || summary == "human" || (verbose && summary.empty());
  }
  /// For a command that is about keep-alive probes, of which it asks the session itself; before
  /// declare(). `shown`: what it traces without --layers, for the help.
  void with_probes(std::string_view shown) {
    probes_ = true;
    shown_layers_ = shown;
    layers.add(record::Layer::kernel);
  }
  /// For a command whose records come from a capture: they have no payload, there is nothing to
  /// capture and nobody to report to; before declare().
  void from_capture() {
    captured_ = true;
    implied_ = true;
    shown_layers_ = "kernel,wire";
    layers = {record::Layer::kernel, record::Layer::wire};
  }
  /// --summary without a trace beside it: the summaries alone.
  [[nodiscard]] bool only_summaries() const {
    return !summary.empty() && set_->given(Trait::asks_for_trace).empty();
  }
  /// The whole layer, and not only the probes that the command asks for by itself.
  [[nodiscard]] bool kernel() const {
    return enabled() && layers.has(record::Layer::kernel) && (!probes_ || set_->has("--layers"));
  }

  [[nodiscard]] bool enabled() const { return implied_ && !quiet; }
  /// Records are printed: a diagram takes their place, unless both are asked for.
  [[nodiscard]] bool prints() const { return !diagram || json || !trace.empty(); }
  /// Segments have to be captured.
  [[nodiscard]] bool captures() const { return layers.has(record::Layer::wire) || !pcap.empty(); }
  [[nodiscard]] bool is_json() const { return json || trace == "json"; }
  /// Of a command whose stdout carries no payload.
  [[nodiscard]] bool on_stdout() const { return file.empty() || file == "-" || file == "fd:1"; }

 private:
  bool implied_ = false;
  bool summarises_ = false;
  bool probes_ = false;
  bool captured_ = false;
  std::string_view shown_layers_ = "call,event";
  OptionSet* set_ = nullptr;
};

/// What --trace-file means: stdout and stderr by other names are "fd:1" and "fd:2". Opened once
/// more, a file behind them would be cut off and written over.
std::string trace_place(std::string_view file);

/// One --tag, KEY=VALUE; empty if it is none, with the clause in `why`.
std::optional<std::pair<std::string, std::string>> parse_tag(const std::string& text,
                                                             std::string& why);

/// If a key is given twice, the last value holds.
record::Tags merged_tags(const record::Tags& given);

}  // namespace tcpkit::cmd
