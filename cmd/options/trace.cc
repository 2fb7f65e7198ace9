#include "cmd/options/trace.h"

#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "base/escape.h"
#include "cmd/cli/declare.h"
#include "cmd/cli/usage_error.h"

namespace tcpkit::cmd {
namespace {

std::optional<trace::Layers> parse_layers(const std::string& text, std::string& why) {
  trace::Layers layers;
  std::string_view rest = text;
  for (;;) {
    const std::size_t comma = rest.find(',');
    const std::string_view word = rest.substr(0, comma);
    if (word == "call") {
      layers.add(record::Layer::call);
    } else if (word == "event") {
      layers.add(record::Layer::event);
    } else if (word == "note") {
      layers.add(record::Layer::note);
    } else if (word == "kernel") {
      layers.add(record::Layer::kernel);
    } else if (word == "wire") {
      layers.add(record::Layer::wire);
    } else {
      why = not_one_of(std::string(word), {"call", "event", "kernel", "note", "wire"}) +
            "; e.g. call,event,kernel";
      return {};
    }
    if (comma == std::string_view::npos) return layers;
    rest.remove_prefix(comma + 1);
  }
}

/// False for what may be written to twice, /dev/null.
bool are_one_file(const std::string& a, const std::string& b) {
  namespace fs = std::filesystem;
  std::error_code err;
  const fs::path one = fs::weakly_canonical(fs::absolute(a, err), err);
  if (err) return false;
  const fs::path other = fs::weakly_canonical(fs::absolute(b, err), err);
  return !err && one == other && (!fs::exists(one, err) || fs::is_regular_file(one, err));
}

}  // namespace

std::optional<std::pair<std::string, std::string>> parse_tag(const std::string& text,
                                                             std::string& why) {
  const std::size_t equals = text.find('=');
  if (equals != std::string::npos && equals > 0)
    return std::pair{text.substr(0, equals), text.substr(equals + 1)};
  why = fmt::format("'{}' is not KEY=VALUE; e.g. case=7", display_start(text));
  return {};
}

record::Tags merged_tags(const record::Tags& given) {
  record::Tags tags;
  for (const auto& [key, value] : given) {
    const auto known = std::find_if(tags.begin(), tags.end(),
                                    [&, k = key](const auto& t) { return t.first == k; });
    if (known == tags.end()) {
      tags.emplace_back(key, value);
    } else {
      known->second = value;
    }
  }
  return tags;
}

void TraceOptions::declare(OptionSet& set) {
  set_ = &set;
  Group g(set, "Trace");
  g.optional_value("--trace{human}", "human|json", trace,
                   captured_ ? "Print the segments and states of the connections (the default)"
                             : "Print each call and event of the connections")
      .with({Trait::asks_for_trace});
  g.flag("--json", json, "Same as --trace=json: one JSON object per line")
      .with({Trait::asks_for_trace});
  g.optional_value("--summary{human}", "human|json", summary,
                   captured_ ? "Print one line about each connection instead"
                             : "Print one line about each connection when it has ended");
  g.list("--tag", "KEY=VALUE", tags, parse_tag, "Label all JSON records (repeatable)");
  g.string("--trace-file", "FILE", file, "Write the trace to FILE; - is stdout, fd:N a descriptor")
      .with({Trait::asks_for_trace});
  g.flag("--trace-append", append, "Append to the file of --trace-file");
  g.value("--layers", "call|event|kernel|note|wire[,...]", layers, parse_layers,
          fmt::format("Select the layers to trace ({})", shown_layers_))
      .with({Trait::about_trace, Trait::asks_for_trace});
  declare_time(g, time);
  if (!captured_) {
    g.choice<record::DataView>("--data", data,
                               {{"none", record::DataView::none},
                                {"text", record::DataView::text},
                                {"hex", record::DataView::hex}},
                               "Show the payload, escaped (none)")
        .with({Trait::about_trace, Trait::asks_for_trace});
  }
  declare_colour(g, colour);
  if (!captured_) {
    g.string("--pcap", "FILE", pcap,
             "Write the captured segments to FILE, for Wireshark and tcpdump (needs CAP_NET_RAW)");
  }
  g.flag("--explain", explain, "Add an explanation under each new kind of record")
      .with({Trait::asks_for_trace});
  declare_diagram(g, diagram);
  if (captured_) return;
  g.flag("-v,--verbose", verbose, "Report the addresses of listeners and connections on stderr");
  g.flag("--quiet", quiet, "Print no trace");
}

std::string trace_place(std::string_view file) {
  if (file == "/dev/stdout" || file == "/dev/fd/1" || file == "/proc/self/fd/1") return "fd:1";
  if (file == "/dev/stderr" || file == "/dev/fd/2" || file == "/proc/self/fd/2") return "fd:2";
  return std::string(file);
}

void TraceOptions::check() {
  file = trace_place(file);
  if (!trace.empty() && trace != "human" && trace != "json") {
    throw UsageError("--trace: " + not_one_of(trace, {"human", "json"}) + "; e.g. --trace=json");
  }
  if (std::string why; file.starts_with("fd:") && !parse_integer(file.substr(3), 0, 1 << 20, why)) {
    throw UsageError(fmt::format("--trace-file {}: {}; e.g. fd:3", display(file), why));
  }
  if (!summary.empty() && summary != "human" && summary != "json") {
    throw UsageError("--summary: " + not_one_of(summary, {"human", "json"}) +
                     "; e.g. --summary=json");
  }
  if (summary == "json" && !quiet && (trace == "human" || diagram || (explain && !is_json()))) {
    throw UsageError("--summary=json and a trace for people need two places; leave one out");
  }
  if (!tags.empty() && !is_json() && summary != "json")
    throw UsageError("--tag labels JSON records; add --json or --summary=json");
  tags = merged_tags(tags);
  if (append && (file.empty() || file == "-" || file.starts_with("fd:")))
    throw UsageError("--trace-append needs a file to write behind; add --trace-file FILE");
  // Lines of JSON and a picture in one stream would be neither.
  if (diagram && is_json() && (file.empty() || file == "-" || file == "fd:1" || file == "fd:2")) {
    throw UsageError("--diagram and a JSON trace need two places; add --trace-file FILE");
  }
  if (explain && !prints()) {
    throw UsageError("--explain is about the printed trace, which --diagram replaces; add --trace");
  }
  if (set_->has("--pcap") && (pcap.empty() || pcap == "-")) {
    throw UsageError("--pcap: stdout carries the payload or the trace; name a file, e.g. run.pcap");
  }
  if (!pcap.empty() && !file.empty() && are_one_file(pcap, file)) {
    throw UsageError(
        fmt::format("--pcap and --trace-file are both {}; name two files", display_start(file)));
  }
  // Its file is that of the summaries then.
  if (summary == "json" && !is_json()) {
    if (const std::string name = set_->first_given(Trait::about_trace); !name.empty()) {
      throw UsageError(
          fmt::format("{} is about the trace; add --json, which has the summaries, "
                      "or leave it out",
                      name));
    }
    implied_ = false;
    return;
  }
  implied_ = implied_ || !set_->given(Trait::asks_for_trace).empty();
}

void TraceOptions::check_kind(bool is_unix) const {
  if (!is_unix || !captures()) return;
  throw UsageError(fmt::format("{}: a Unix socket has no segments to capture; leave it out",
                               pcap.empty() ? "--layers wire" : "--pcap"));
}

}  // namespace tcpkit::cmd
