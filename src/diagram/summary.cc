#include "diagram/summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/append.h"
#include "base/duration.h"
#include "base/escape.h"
#include "diagram/width.h"

namespace tcpkit::diagram {
namespace {

using trace::Layer;
using trace::Role;

constexpr double ns_per_ms = 1e6;

std::uint64_t positive(const Entry::Number& number) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(number.value_or(0), 0));
}

std::uint32_t hash_of(const std::string& address) {
  return address.empty() ? 0 : static_cast<std::uint32_t>(std::hash<std::string>()(address) | 1U);
}

}  // namespace

/// The first cause counts.
void Summary::end(Connection& c, How how, bool by_us, const std::string* code) {
  if (c.how != How::open) return;
  c.how = c.timed_out ? How::timeout : how;
  c.by_us = by_us || c.timed_out;
  c.code = code;
}

void Summary::learn_route(Connection& c, const Entry& e) {
  const std::string local = Identity::address(e.local_address, e.local_port);
  const std::string remote = Identity::address(e.remote_address, e.remote_port);
  c.connected = true;
  c.local = hash_of(local);
  c.remote = hash_of(remote);
  if (local.empty() || remote.empty()) return;
  // In one piece, so that it has no room to spare.
  c.route = fmt::format("{} -> {}", c.server ? remote : local, c.server ? local : remote);
}

void Summary::add_call(Connection& c, const Entry& e) {
  if (e.event == "connect") {
    c.route = e.path.empty() ? Identity::address(e.host, e.port) : display_start(e.path);
  } else if (e.event == "write") {
    c.sent += positive(e.bytes);
  } else if (e.event == "resetAndDestroy") {
    end(c, How::rst, true);
  } else if (e.event == "destroy" && c.connected) {
    end(c, e.resets() ? How::rst : How::fin, true);
  }
}

void Summary::add_event(Connection& c, const Entry& e) {
  if (e.event == "connect" || e.event == "connection") {
    learn_route(c, e);
  } else if (e.event == "data") {
    c.received += positive(e.bytes);
  } else if (e.event == "finish") {
    end(c, How::fin, true);
  } else if (e.event == "end") {
    end(c, How::fin, false);
  } else if (e.event == "error") {
    const std::string& code = e.code.empty() ? e.error_name : e.code;
    if (code == "ECONNRESET" || code == "EPIPE") {
      end(c, How::rst, false);
    } else if (code == "ETIMEDOUT") {
      end(c, How::timeout, true);
    } else {
      end(c, How::error, true, &*codes_.insert(display_start(code, 40)).first);
    }
  } else if (e.event == "close" && e.role != Role::listener) {
    c.closed = true;
    c.received = positive(e.bytes_read);
    c.sent = positive(e.bytes_written) - std::min(positive(e.bytes_written), positive(e.unsent));
  }
}

void Summary::add_kernel(Connection& c, const Entry& e) {
  const bool told = e.event == "info" || e.event == "ack" || e.event == "retransmit";
  if (!told) return;
  c.retransmits = std::max(c.retransmits, 0);
  if (e.rtt_us) c.rtt_us = *e.rtt_us;
  if (e.event == "retransmit" && c.retransmits < INT32_MAX) ++c.retransmits;
  if (e.event == "info" && e.retransmits) {
    c.retransmits = static_cast<std::int32_t>(
        std::clamp<std::int64_t>(*e.retransmits, c.retransmits, INT32_MAX));
  }
}

void Summary::add_segment(Connection& c, const Entry& e) {
  const std::uint32_t from = hash_of(Identity::address(e.src, {}));
  const bool ours = from == c.local;
  if (!c.connected || (!ours && from != c.remote)) return;
  if (e.flags.find("RST") != std::string::npos) end(c, How::rst, ours);
  if (e.flags.find("FIN") != std::string::npos) end(c, How::fin, ours);
}

void Summary::add(const Entry& e) {
  if (e.layer.value_or(Layer::note) == Layer::note) return;
  const auto number = identity_.connection(e);
  if (!number) return;
  if (*number == connections_.size()) {
    Connection& added = connections_.emplace_back();
    added.first = e.nanoseconds;
    added.server = e.role != Role::client;
  }
  Connection& c = connections_[*number];
  const bool timeout = e.layer == Layer::event && e.event == "timeout";
  switch (e.layer.value_or(Layer::note)) {
    case Layer::call:
      add_call(c, e);
      break;
    case Layer::event:
      add_event(c, e);
      break;
    case Layer::kernel:
      add_kernel(c, e);
      break;
    case Layer::wire:
      add_segment(c, e);
      break;
    case Layer::note:
      break;
  }
  // What follows a time limit at once is its doing.
  const bool cancelled = e.event == "connectionAttemptFailed" || e.event == "end";
  if (e.layer == Layer::call || e.layer == Layer::event) {
    c.timed_out = timeout || (c.timed_out && cancelled);
  }
  // The kernel's records go on to the end of TIME_WAIT.
  const bool alive = e.layer == Layer::call || e.layer == Layer::event || !c.closed;
  if (alive) c.last = std::max(c.last, e.nanoseconds);
}

std::string Summary::ending(const Connection& c) {
  const char* who = c.server == c.by_us ? "server" : "client";
  switch (c.how) {
    case How::open:
      return c.closed ? "-" : "open";
    case How::fin:
      return fmt::format("{} FIN", who);
    case How::rst:
      return fmt::format("{} RST", who);
    case How::timeout:
      return fmt::format("{} timeout", who);
    case How::error:
      return "error " + *c.code;
  }
  return {};
}

void Summary::print(const std::function<bool(std::string_view)>& write) const {
  static constexpr std::size_t piece = 65536;
  std::size_t name = 10;
  std::size_t how = 12;
  for (std::uint32_t i = 0; i < connections_.size(); ++i) {
    name = std::max(name, width(identity_.name_of(i)));
    how = std::max(how, width(ending(connections_[i])));
  }
  std::string out = fmt::format("{}{:>14}{:>12}{:>12}{:>12}{:>12}  {}addresses\n",
                                pad_right("connection", name), "duration/ms", "sent", "received",
                                "rtt/ms", "retransmits", pad_right("closed first", how + 2));
  for (std::uint32_t i = 0; i < connections_.size(); ++i) {
    const Connection& c = connections_[i];
    const std::uint64_t duration = c.last - std::min(c.last, c.first);
    const std::string rtt =
        c.rtt_us < 0 ? "-" : fmt::format("{:.3f}", static_cast<double>(c.rtt_us) / us_per_ms);
    const std::string again = c.retransmits < 0 ? "-" : std::to_string(c.retransmits);
    append_format(out, "{}{:>14.3f}{:>12}{:>12}{:>12}{:>12}  {}{}\n",
                  pad_right(identity_.name_of(i), name), static_cast<double>(duration) / ns_per_ms,
                  c.sent, c.received, rtt, again, pad_right(ending(c), how + 2),
                  c.route.empty() ? "-" : c.route);
    if (out.size() < piece) continue;
    if (!write(out)) return;
    out.clear();
  }
  write(out);
}

}  // namespace tcpkit::diagram
