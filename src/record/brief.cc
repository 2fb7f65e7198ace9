#include "record/brief.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/duration.h"
#include "base/escape.h"
#include "base/utf8.h"
#include "record/words.h"

namespace tcpkit::record {
namespace {

constexpr std::size_t longest_shown = 60;
constexpr std::size_t longest_note = 1000;

std::string shown(std::string_view text) {
  return display_start(text, longest_shown);
}

std::string error_text(const Error& error) {
  return shown(error.code.empty() ? error.name : error.code);
}

const char* on_or_off(bool on) {
  return on ? "on" : "off";
}

/// What follows the name of a record; of most nothing.
struct Details {
  DataView data;

  template <class E>
  std::string operator()(const E& /*e*/) const {
    return {};
  }

  std::string operator()(const call::Connect& e) const { return brief_target(e.host, e.port); }
  std::string operator()(const call::Listen& e) const { return brief_target(e.host, e.port); }
  std::string operator()(const call::Write& e) const { return data_text(e.bytes, e.payload.bytes); }
  std::string operator()(const call::Destroy& e) const {
    if (e.unread) return "unread data";
    return e.resets() ? "SO_LINGER 0" : "";
  }
  std::string operator()(const call::SetKeepAlive& e) const { return on_or_off(e.enable); }
  std::string operator()(const call::SetNoDelay& e) const { return on_or_off(e.no_delay); }

  std::string operator()(const ev::Lookup& e) const {
    if (e.address) return shown(*e.address);
    return e.error ? error_text(*e.error) : "";
  }
  std::string operator()(const ev::ConnectionAttempt& e) const {
    return brief_address(e.ip, e.port);
  }
  std::string operator()(const ev::ConnectionAttemptTimeout& e) const { return (*this)(e.attempt); }
  std::string operator()(const ev::ConnectionAttemptFailed& e) const { return error_text(e.error); }
  std::string operator()(const ev::Listening& e) const { return brief_target(e.host, e.port); }
  std::string operator()(const ev::Drop& e) const {
    return brief_address(e.ends.remote) + " " + shown(e.reason);
  }
  std::string operator()(const ev::Blocked& e) const {
    return brief_address(e.ends.remote) + " " + shown(e.rule.value_or(""));
  }
  std::string operator()(const ev::Data& e) const { return data_text(e.bytes, e.payload.bytes); }
  std::string operator()(const ev::Timeout& e) const { return shown(e.kind); }
  std::string operator()(const ev::Failure& e) const { return error_text(e.error); }
  std::string operator()(const ev::Close& e) const { return e.had_error ? "after an error" : ""; }

  std::string operator()(const kernel::Ack& e) const { return count_bytes(e.bytes_acked); }
  std::string operator()(const kernel::Info& e) const {
    return fmt::format("rtt {:.3f} ms", e.rtt_us / us_per_ms);
  }
  std::string operator()(const kernel::Retransmit& e) const {
    return e.count > 0 ? fmt::format("{} unanswered", e.count) : std::string();
  }
  std::string operator()(const kernel::KeepaliveProbe& e) const {
    return fmt::format("{} unanswered", e.unanswered);
  }

 private:
  [[nodiscard]] std::string data_text(std::uint64_t count, std::string_view bytes) const {
    std::string text = count_bytes(count);
    // A trace has bytes that are no text in base64, which says nothing to a person.
    if (data == DataView::none || bytes.empty()) return text;
    if (data == DataView::hex) return text + " " + shown(to_hex(bytes.substr(0, longest_shown)));
    return is_utf8(bytes) ? text + fmt::format(" \"{}\"", shown(bytes)) : text;
  }
};

bool acknowledges(const wire::Segment& e) {
  return e.ack && std::find(e.flags.begin(), e.flags.end(), "ACK") != e.flags.end();
}

std::string segment_text(const wire::Segment& e, bool sequence, bool ack) {
  std::string out = e.flags.empty() ? "segment" : shown(fmt::format("{}", fmt::join(e.flags, ",")));
  if (sequence) out += fmt::format(" seq {}", e.seq);
  if (ack) out += fmt::format(" ack {}", *e.ack);
  if (e.len != 0) out += fmt::format(" len {}", e.len);
  if (!e.label.empty()) out += fmt::format(" ({})", shown(e.label));
  return out;
}

/// The text of a note; empty where its name says it all.
struct NoteText {
  template <class E>
  std::string operator()(const E& e) const {
    if constexpr (requires { e.text; }) return std::string(e.text);
    return {};
  }
  std::string operator()(const note::Summary& e) const { return e.outcome->text; }
  std::string operator()(const note::Counters& e) const {
    return fmt::format("counters: received {}, sent {}", e.bytes_read, e.bytes_written);
  }
  std::string operator()(const note::Statistics& e) const {
    return fmt::format("{} tries, {} ok", e.tally->tries, e.tally->ok);
  }
  std::string operator()(const note::Spawn& e) const { return "program " + e.program; }
  std::string operator()(const note::ChildExit& e) const {
    return e.signal ? "program ended by " + *e.signal
                    : fmt::format("program exits with {}", e.status.value_or(0));
  }
};

}  // namespace

std::string brief_address(std::string_view host, std::optional<std::int64_t> port) {
  if (host.empty()) return {};
  host = plain_host(host);
  std::string shown = display_start(host);
  if (!port) return shown;
  if (host.find(':') != std::string_view::npos) return fmt::format("[{}]:{}", shown, *port);
  return fmt::format("{}:{}", shown, *port);
}

std::string brief_address(const SocketName& name) {
  return name.address ? brief_address(*name.address, name.port) : std::string();
}

std::string brief_target(const std::string& host, std::optional<int> port) {
  return port ? brief_address(host, port) : shown(host);
}

std::string brief_words(const Line& line) {
  if (const auto* state = std::get_if<kernel::State>(&line.record.body)) {
    return fmt::format("[{}{}]", state->inferred ? "~" : "", shown(state->to.value_or("unknown")));
  }
  std::string words = shown(line.record.name());
  if (line.record.layer() == Layer::call) words += "()";
  const std::string details = std::visit(Details{line.data}, line.record.body);
  return details.empty() ? words : words + " " + details;
}

std::string segment_words(const wire::Segment& segment) {
  return segment_text(segment, true, acknowledges(segment));
}

std::string brief_segment_words(const wire::Segment& segment) {
  const bool acks = acknowledges(segment);
  if (segment.len != 0 && acks) return segment_text(segment, true, false);
  if (segment.flags.size() == 1 && acks) return segment_text(segment, false, true);
  return {};
}

std::string note_words(const Record& record) {
  // A sentence of teaching is about the record before it in the printed trace; how the program was
  // called, and its status, are no part of a conversation.
  const bool aside = std::holds_alternative<note::Explain>(record.body) ||
                     std::holds_alternative<note::Run>(record.body) ||
                     std::holds_alternative<note::Exit>(record.body);
  if (aside) return {};
  if (const auto* summary = std::get_if<note::Summary>(&record.body)) {
    // Of a connection like others its records are the story.
    const Outcome& o = *summary->outcome;
    if (!o.orderly && !o.sent && !o.probes) return {};
  }
  const std::string text = std::visit(NoteText{}, record.body);
  return text.empty() ? shown(record.name()) : display_start(text, longest_note);
}

}  // namespace tcpkit::record
