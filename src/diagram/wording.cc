#include "diagram/wording.h"

#include <fmt/core.h>

#include "base/duration.h"
#include "base/escape.h"
#include "diagram/identity.h"

namespace tcpkit::diagram {
namespace {

using record::Layer;

constexpr std::size_t longest_shown = 60;
constexpr std::size_t longest_note = 1000;

std::string shown(const std::string& text) {
  return display_start(text, longest_shown);
}

std::string bytes_text(const Entry::Number& bytes) {
  if (!bytes) return {};
  return fmt::format("{} byte{}", *bytes, *bytes == 1 ? "" : "s");
}

std::string payload(const Entry& e) {
  if (!e.text.empty()) return fmt::format(" \"{}\"", shown(e.text));
  return e.hex.empty() ? "" : " " + shown(e.hex);
}

std::string milliseconds(std::int64_t us) {
  return fmt::format("{:.3f} ms", static_cast<double>(us) / us_per_ms);
}

std::string target(const Entry& e) {
  if (!e.path.empty()) return shown(e.path);
  return Identity::address(e.host, e.port);
}

std::string error_text(const Entry& e) {
  return shown(e.code.empty() ? e.error_name : e.code);
}

std::string remote(const Entry& e) {
  return Identity::address(e.remote_address, e.remote_port);
}

std::string call_details(const Entry& e) {
  if (e.event == "connect" || e.event == "listen") return target(e);
  if (e.event == "write") return bytes_text(e.bytes) + payload(e);
  if (e.event == "destroy" && e.unread.value_or(false)) return "unread data";
  if (e.event == "destroy" && e.resets()) return "SO_LINGER 0";
  if (e.event == "setKeepAlive" && e.enable) return *e.enable ? "on" : "off";
  if (e.event == "setNoDelay" && e.no_delay) return *e.no_delay ? "on" : "off";
  return {};
}

std::string event_details(const Entry& e) {
  if (e.event == "lookup") return e.address.empty() ? error_text(e) : shown(e.address);
  if (e.event == "connectionAttempt" || e.event == "connectionAttemptTimeout") {
    return Identity::address(e.ip, e.port);
  }
  if (e.event == "connectionAttemptFailed") return error_text(e);
  if (e.event == "listening") {
    return e.path.empty() ? Identity::address(e.address, e.port) : shown(e.path);
  }
  if (e.event == "drop") return remote(e) + " " + shown(e.reason);
  if (e.event == "blocked") return remote(e) + " " + shown(e.rule);
  if (e.event == "data") return bytes_text(e.bytes) + payload(e);
  if (e.event == "timeout") return shown(e.kind);
  if (e.event == "error") return error_text(e);
  if (e.event == "close" && e.had_error.value_or(false)) return "after an error";
  return {};
}

std::string kernel_details(const Entry& e) {
  if (e.event == "ack") return bytes_text(e.bytes_acked);
  if (e.event == "info" && e.rtt_us) return "rtt " + milliseconds(*e.rtt_us);
  if (e.event == "retransmit" && e.count) return fmt::format("{} unanswered", *e.count);
  if (e.event == "keepaliveProbe" && e.unanswered) {
    return fmt::format("{} unanswered", *e.unanswered);
  }
  return {};
}

std::string join(std::string name, const std::string& details) {
  if (!details.empty()) name += " " + details;
  return name;
}

bool acknowledges(const Entry& e) {
  return e.ack && e.flags.find("ACK") != std::string::npos;
}

std::string segment_words(const Entry& e, bool sequence, bool ack) {
  std::string out = e.flags.empty() ? "segment" : shown(e.flags);
  if (sequence) out += fmt::format(" seq {}", *e.sequence);
  if (ack) out += fmt::format(" ack {}", *e.ack);
  if (e.len.value_or(0) != 0) out += fmt::format(" len {}", *e.len);
  if (!e.label.empty()) out += fmt::format(" ({})", shown(e.label));
  return out;
}

}  // namespace

std::string words_of(const Entry& e) {
  switch (e.layer.value_or(Layer::note)) {
    case Layer::call:
      return join(shown(e.event) + "()", call_details(e));
    case Layer::event:
      return join(shown(e.event), event_details(e));
    case Layer::kernel:
      if (e.event == "state") {
        return fmt::format("[{}{}]", e.inferred.value_or(false) ? "~" : "",
                           e.to.empty() ? "unknown" : shown(e.to));
      }
      return join(shown(e.event), kernel_details(e));
    case Layer::wire:
    case Layer::note:
      break;
  }
  return {};
}

std::string segment_words(const Entry& e) {
  return segment_words(e, e.sequence.has_value(), acknowledges(e));
}

std::string brief_segment_words(const Entry& e) {
  const bool acks = acknowledges(e);
  if (e.len.value_or(0) != 0 && acks) return segment_words(e, e.sequence.has_value(), false);
  if (e.flags == "ACK" && acks && e.sequence) return segment_words(e, false, true);
  return {};
}

std::string note_words(const Entry& e) {
  // A sentence of teaching is about the record before it in the printed trace; how the program was
  // called, and its status, are no part of a conversation.
  if (e.event == "explain" || e.event == "run" || e.event == "exit") return {};
  // Of a connection like others its records are the story.
  if (e.event == "summary" && !e.orderly && e.sent.empty() && !e.probes) return {};
  if (e.event == "counters") {
    return fmt::format("counters: received {}, sent {}", e.bytes_read.value_or(0),
                       e.bytes_written.value_or(0));
  }
  return e.text.empty() ? shown(e.event) : display_start(e.text, longest_note);
}

}  // namespace tcpkit::diagram
