// What a Summary prints: a table for people, records for programs.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <memory>

#include "base/append.h"
#include "base/duration.h"
#include "diagram/summary.h"
#include "diagram/width.h"
#include "trace/json_sink.h"

namespace tcpkit::diagram {
namespace {

constexpr std::size_t piece = 65536;
constexpr double ns_per_ms = 1e6;

}  // namespace

void Summary::print_table(const std::function<bool(std::string_view)>& write) const {
  const auto words_of = [](const Connection& c) {
    if (!c.closed) return std::string("open");
    return c.how == How::error && c.code != nullptr ? *c.code : outcome_of(c);
  };
  const auto or_dash = [](const char* text) { return text == nullptr ? "-" : text; };
  std::size_t name = 10;
  std::size_t outcome = 7;
  for (std::uint32_t i = 0; i < connections_.size(); ++i) {
    if (is_told_by_twin(i)) continue;
    name = std::max(name, width(identity_.name_of(i)));
    outcome = std::max(outcome, width(words_of(connections_[i])));
  }
  std::string out =
      fmt::format("{}{:>14}{:>12}{:>12}{:>12}{:>12}  {}  ended first  by   addresses\n",
                  pad_right("connection", name), "duration/ms", "sent", "received", "rtt/ms",
                  "retransmits", pad_right("outcome", outcome));
  for (std::uint32_t i = 0; i < connections_.size(); ++i) {
    if (is_told_by_twin(i)) continue;
    const Connection& c = connections_[i];
    const std::uint64_t duration = c.last - std::min(c.last, c.first);
    const std::string rtt =
        c.rtt_us < 0 ? "-" : fmt::format("{:.3f}", static_cast<double>(c.rtt_us) / us_per_ms);
    const std::string again = c.retransmits < 0 ? "-" : std::to_string(c.retransmits);
    append_format(out, "{}{:>14.3f}{:>12}{:>12}{:>12}{:>12}  {}  {:<11}  {:<3}  ",
                  pad_right(identity_.name_of(i), name), static_cast<double>(duration) / ns_per_ms,
                  c.sent, c.received, rtt, again, pad_right(words_of(c), outcome),
                  or_dash(first_of(c)), or_dash(way_of(c)));
    const std::string& left = c.server ? c.remote : c.local;
    const std::string& right = c.server ? c.local : c.remote;
    if (left.empty() || right.empty()) {
      append_format(out, "{}{}\n", left, left.empty() && right.empty() ? "-" : right);
    } else {
      append_format(out, "{} -> {}\n", left, right);
    }
    if (out.size() < piece) continue;
    if (!write(out)) return;
    out.clear();
  }
  write(out);
}

void Summary::print_json(const std::function<bool(std::string_view)>& write) const {
  std::string out;
  std::uint64_t seq = 0;
  for (std::uint32_t i = 0; i < connections_.size(); ++i) {
    if (is_told_by_twin(i)) continue;
    const Connection& c = connections_[i];
    const std::string actor = identity_.actor_of(i);
    const record::Record record(
        c.last, c.server ? record::Role::server : record::Role::client, identity_.number_of(i), {},
        record::note::Summary{std::make_shared<record::Outcome>(this->outcome(i))}, actor);
    // The moment of the record itself: the trace's own clock.
    const std::chrono::nanoseconds started(c.wall - static_cast<std::int64_t>(c.last));
    const record::Epoch epoch{
        0, std::chrono::system_clock::time_point(
               std::chrono::duration_cast<std::chrono::system_clock::duration>(started))};
    record::append_json(out, record, ++seq, epoch, record::DataView::none);
    if (out.size() < piece) continue;
    if (!write(out)) return;
    out.clear();
  }
  write(out);
}

}  // namespace tcpkit::diagram
