#include "cmd/trace_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/escape.h"
#include "cmd/declare.h"
#include "cmd/usage_error.h"

namespace tcpkit::cmd {
namespace {

std::optional<trace::Layers> parse_layers(const std::string& text, bool kernel, std::string& why) {
  trace::Layers layers;
  std::string_view rest = text;
  for (;;) {
    const std::size_t comma = rest.find(',');
    const std::string_view word = rest.substr(0, comma);
    if (word == "call") {
      layers.add(trace::Layer::call);
    } else if (word == "event") {
      layers.add(trace::Layer::event);
    } else if (word == "note") {
      layers.add(trace::Layer::note);
    } else if (word == "wire") {
      layers.add(trace::Layer::wire);
    } else if (kernel && word == "kernel") {
      layers.add(trace::Layer::kernel);
    } else {
      std::vector<std::string> words{"call", "event", "note", "wire"};
      if (kernel) words.emplace_back("kernel");
      why = not_one_of(std::string(word), words) + "; e.g. call,event";
      return {};
    }
    if (comma == std::string_view::npos) return layers;
    rest.remove_prefix(comma + 1);
  }
}

}  // namespace

void TraceOptions::declare(CLI::App& app) {
  app_ = &app;
  Group g(app, "Trace");
  g.optional_value("--trace{human}", "human|json", trace,
                   "Print each call and event of the connections");
  g.flag("--json", json, "The same as --trace=json: one JSON object a line");
  g.string("--trace-file", "FILE", file, "Write the trace there; - is stdout, fd:N a descriptor");
  g.value(
      "--layers", kernel_ ? "call|event|kernel|note|wire[,...]" : "call|event|note|wire[,...]",
      layers,
      [this](const std::string& text, std::string& why) {
        return parse_layers(text, kernel_, why);
      },
      kernel_ ? "What to trace (call,event,kernel)" : "What to trace (call,event)");
  g.choice<trace::TimeView>("--time", time,
                            {{"relative", trace::TimeView::relative},
                             {"delta", trace::TimeView::delta},
                             {"wall", trace::TimeView::wall},
                             {"none", trace::TimeView::none}},
                            "Times of the human trace (relative)");
  g.choice<trace::DataView>("--data", data,
                            {{"none", trace::DataView::none},
                             {"text", trace::DataView::text},
                             {"hex", trace::DataView::hex}},
                            "Show the payload, escaped (none)");
  g.choice<Colour>(
      "--color", colour,
      {{"auto", Colour::automatic}, {"always", Colour::always}, {"never", Colour::never}},
      "Colour of the human trace (auto: on a terminal, unless NO_COLOR is set)");
  g.string("--pcap", "FILE", pcap,
           "Write the captured segments there, for Wireshark and tcpdump (needs CAP_NET_RAW)");
  g.flag("--explain", explain, "Add a sentence of teaching under each new kind of record");
  g.flag("-v,--verbose", verbose, "Say on stderr what is listened on and connected to");
  g.flag("--quiet", quiet, "No trace");
}

void TraceOptions::check() {
  if (!trace.empty() && trace != "human" && trace != "json") {
    throw UsageError("--trace: " + not_one_of(trace, {"human", "json"}) + "; e.g. --trace=json");
  }
  if (std::string why; file.starts_with("fd:") && !parse_integer(file.substr(3), 0, 1 << 20, why)) {
    throw UsageError(fmt::format("--trace-file {}: {}; e.g. fd:3", display(file), why));
  }
  if (app_->count("--pcap") > 0 && (pcap.empty() || pcap == "-")) {
    throw UsageError("--pcap: stdout carries the payload or the trace; name a file, e.g. run.pcap");
  }
  static constexpr std::array implying{"--trace", "--json", "--trace-file", "--layers",
                                       "--time",  "--data", "--explain"};
  implied_ = implied_ || std::any_of(implying.begin(), implying.end(),
                                     [&](const char* name) { return app_->count(name) > 0; });
}

void TraceOptions::check_kind(bool is_unix) const {
  if (!is_unix || !captures()) return;
  throw UsageError(fmt::format("{}: a Unix socket has no segments to capture; leave it out",
                               pcap.empty() ? "--layers wire" : "--pcap"));
}

}  // namespace tcpkit::cmd
