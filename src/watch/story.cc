#include "watch/story.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "base/append.h"
#include "record/words.h"
#include "tcp/seen_numbers.h"

namespace tcpkit::watch {
namespace {

using tcp::Segment;
using tcp::State;

constexpr std::array<std::string_view, 2> names{"client", "server"};
constexpr std::uint64_t ns_per_us = 1000;

// The most likely reasons of a RST, and what they mean.
constexpr std::string_view closed_port = "closed port";
constexpr std::string_view data_after_close = "data after close";
constexpr std::string_view keepalive = "keepalive";
constexpr std::string_view no_answer = "no answer";
constexpr std::string_view half_open = "half-open";
constexpr std::string_view abort_of_owner = "abort";
constexpr std::string_view unknown = "unknown";

std::string_view words_of(std::string_view why) {
  if (why == closed_port) return "nothing was listening on the port, or a firewall answered";
  if (why == data_after_close) return "it had closed, and data still came";
  if (why == keepalive) return "its keep-alive probes got no answer";
  if (why == no_answer) return "what it sent again got no answer";
  if (why == half_open) return "it did not know the connection, or no longer";
  if (why == abort_of_owner) return "it was closed with unread data, or aborted (SO_LINGER 0)";
  return "for an unknown reason";
}

/// Of two ends without a handshake: the one with a port of the system, else with the lower port,
/// is the server.
bool is_client_by_port(const Segment& s) {
  static constexpr std::uint16_t first_user_port = 1024;
  const bool from_system = s.from.port < first_user_port;
  const bool to_system = s.to.port < first_user_port;
  if (from_system != to_system) return to_system;
  return s.from.port >= s.to.port;
}

std::string ms(std::int64_t us) {
  return fmt::format("{:.3f} ms", static_cast<double>(us) / 1000);
}

std::string count_of(std::int64_t number, std::string_view what) {
  return fmt::format("{} {}{}", number, what, number == 1 ? "" : "s");
}

std::string address_of(const tcp::SegmentEnd& end) {
  std::string out;
  append_ip_number(out, end.ip);
  return out;
}

}  // namespace

Story::Story(const Segment& first) {
  const bool syn = first.has(Segment::syn);
  guessed_ = !syn;
  const bool from_client = syn ? !first.has(Segment::ack_flag) : is_client_by_port(first);
  ends_[0].name = from_client ? first.from : first.to;
  ends_[1].name = from_client ? first.to : first.from;
}

void Story::add(const Segment& s, std::uint64_t time, std::string_view label,
                const tcp::Inference::Report& report) {
  const std::size_t sender = sender_of(s);
  if (segments_++ == 0) first_at_ = time;
  last_at_ = std::max(last_at_, time);
  if (s.has(Segment::rst)) take_reset(s, sender);
  End& e = ends_.at(sender);
  End& other = ends_.at(1 - sender);
  other.unanswered_probes = other.unanswered_data = 0;
  if (label == "keep-alive") ++e.unanswered_probes;
  if (label == "retransmission") {
    ++retransmissions_;
    ++e.unanswered_data;
    syn_sent_again_ |= s.has(Segment::syn);
  }
  if (label == "zero-window") ++zero_windows_;
  if (s.length > 0 && other.ended) other.data_after_fin = true;
  states_.add(s, sender, report);
  see_ending(s, sender);
  if (!s.has(Segment::rst)) {
    count(s, sender);
    take_times(s, time, sender);
  }
  connected_ |= states_.state(0) == State::established || states_.state(1) == State::established ||
                states_.sent_fin(0) || states_.sent_fin(1);
  last_sender_ = sender;
}

/// To be called before the segment changes anything.
void Story::take_reset(const Segment& s, std::size_t sender) {
  ++resets_;
  const auto theirs = states_.state(1 - sender);
  const bool answers_syn = theirs == State::syn_sent && !states_.state(sender);
  const bool valid =
      answers_syn || (theirs != State::closed &&
                      tcp::resets(s.seq, ends_.at(sender).next, ends_.at(1 - sender).acked));
  if (!valid || reset_by_) return;
  reset_by_ = sender;
  refused_ = answers_syn;
  why_ = reason(s, sender);
}

std::string_view Story::reason(const Segment& s, std::size_t sender) const {
  const End& e = ends_.at(sender);
  const End& other = ends_.at(1 - sender);
  if (refused_) return closed_port;
  if (e.data_after_fin) return data_after_close;
  if (e.unanswered_probes > 0) return keepalive;
  if (e.unanswered_data > 0) return no_answer;
  // It takes its number from the segment that it answers (RFC 9293, 3.10.7.1).
  const bool answers = segments_ > 1 && last_sender_ != sender && other.acked == s.seq;
  if (!s.has(Segment::ack_flag) && answers) return e.ended ? data_after_close : half_open;
  if (s.has(Segment::ack_flag)) return abort_of_owner;
  return unknown;
}

void Story::see_ending(const Segment& s, std::size_t sender) {
  for (const std::size_t end : {1 - sender, sender}) {
    if (!states_.sent_fin(end) || std::exchange(ends_.at(end).ended, true)) continue;
    if (!ended_first_) ended_first_ = end;
  }
  if (s.has(Segment::rst) && reset_by_ == sender && !ended_first_) ended_first_ = sender;
}

void Story::count(const Segment& s, std::size_t sender) {
  End& e = ends_.at(sender);
  End& other = ends_.at(1 - sender);
  const std::uint32_t control = s.has(Segment::syn) || s.has(Segment::fin) ? 1 : 0;
  const std::uint32_t behind = s.seq + s.length + control;
  if (!e.next) {
    e.bytes = s.length;
  } else if (tcp::is_before(*e.next, behind)) {
    e.bytes += behind - *e.next - control;
  }
  if (!e.next || tcp::is_before(*e.next, behind)) e.next = behind;
  const std::uint32_t data = s.seq + (s.has(Segment::syn) ? 1 : 0);
  if (!e.seen) e.seen.emplace(data);
  if (!e.seen->any(data, data + s.length)) e.captured += s.length;
  e.seen->add(data, data + s.length);
  if (!s.has(Segment::ack_flag)) return;
  e.acked = s.ack;
  if (!other.next) return;
  if (other.seen) other.seen->received(s.ack);
  if (!tcp::is_before(*other.next, s.ack)) return;
  // What it acknowledges was sent, but not captured.
  const bool fin = states_.sent_fin(1 - sender) || states_.may_have_sent_fin(1 - sender);
  const std::uint32_t missing = s.ack - *other.next - (fin ? 1 : 0);
  other.bytes += missing;
  other.next = s.ack;
}

void Story::take_times(const Segment& s, std::uint64_t time, std::size_t sender) {
  const bool syn = s.has(Segment::syn);
  const bool ack = s.has(Segment::ack_flag);
  if (sender == 0 && syn && !ack && !times_.syn) times_.syn = time;
  if (sender == 1 && syn && ack && !times_.syn_acked) times_.syn_acked = time;
  if (sender == 0 && !syn && ack && times_.syn_acked && !times_.handshake) times_.handshake = time;
}

record::Outcome Story::outcome(bool over) const {
  const auto whole = [](std::uint64_t number) { return static_cast<std::int64_t>(number); };
  record::Outcome o;
  const bool silent = !connected_ && !reset_by_ && !ends_[1].next && ends_[0].next;
  if (refused_) {
    o.outcome = "refused";
    o.code = "ECONNREFUSED";
  } else if (reset_by_) {
    o.outcome = "reset";
    o.code = "ECONNRESET";
  } else if (silent && times_.syn) {
    o.outcome = "timeout";
  }
  o.local_address = address_of(ends_[0].name);
  o.local_port = ends_[0].name.port;
  o.remote_address = address_of(ends_[1].name);
  o.remote_port = ends_[1].name.port;
  const bool crossed = states_.fins_crossed();
  if (ended_first_ && !crossed) o.ended_first = names.at(*ended_first_);
  if (reset_by_) {
    o.ended_by = "RST";
    o.why = why_;
  } else if (ended_first_) {
    o.ended_by = "FIN";
  }
  o.bytes_written = whole(ends_[0].bytes);
  o.bytes_read = whole(ends_[1].bytes);
  o.total_us = whole((last_at_ - std::min(first_at_, last_at_)) / ns_per_us);
  o.retransmits = whole(retransmissions_);
  o.segments = whole(segments_);
  if (times_.syn && times_.handshake && !syn_sent_again_ && *times_.handshake >= *times_.syn)
    o.handshake_rtt_us = whole((*times_.handshake - *times_.syn) / ns_per_us);
  o.zero_windows = whole(zero_windows_);
  o.resets = whole(resets_);
  const auto missing = [](const End& e) { return e.bytes - std::min(e.bytes, e.captured); };
  if (const std::uint64_t bytes = missing(ends_[0]) + missing(ends_[1]); bytes > 0)
    o.not_captured = whole(bytes);
  if (states_.begun_before()) o.begun_before = true;
  if (guessed_) o.inferred = true;
  o.text = text(o, over);
  return o;
}

std::string Story::text(const record::Outcome& o, bool over) const {
  std::string out;
  const auto part = [&](const std::string& words) {
    if (!out.empty()) out += "; ";
    out += words;
  };
  if (o.outcome == "refused") part("refused");
  if (o.outcome == "timeout") part("the SYN got no answer");
  if (o.outcome == "reset") part("reset");
  if (states_.begun_before()) part("the beginning is missing");
  const bool is_fin = o.ended_by == "FIN" || (reset_by_ && (ends_[0].ended || ends_[1].ended));
  if (is_fin && !o.ended_first) {
    part("both ends closed at the same time, with FIN");
  } else if (is_fin) {
    part(fmt::format("the {} closed first, with FIN", *o.ended_first));
  }
  if (reset_by_) {
    part(fmt::format("the {} sent RST: {}{}", names.at(*reset_by_),
                     why_ == unknown ? "" : "most likely ", words_of(why_)));
  }
  if (!over && o.outcome == "ok")
    part(is_fin ? "the capture ended before the connection" : "still open when the capture ended");
  if (connected_ || *o.bytes_written + *o.bytes_read > 0) {
    part(fmt::format("the client sent {}, the server {}",
                     record::count_bytes(static_cast<std::uint64_t>(*o.bytes_written)),
                     record::count_bytes(static_cast<std::uint64_t>(*o.bytes_read))));
  }
  if (o.not_captured) part(count_of(*o.not_captured, "byte") + " not captured");
  if (o.handshake_rtt_us) part("handshake " + ms(*o.handshake_rtt_us));
  if (retransmissions_ > 0) part(count_of(*o.retransmits, "retransmission"));
  if (zero_windows_ > 0) part(count_of(*o.zero_windows, "zero window"));
  if (resets_ > 1) part(count_of(*o.resets, "RST"));
  part(ms(*o.total_us));
  if (guessed_) part("which end is the client is a guess by the ports");
  return out;
}

}  // namespace tcpkit::watch
