#include "record/words.h"

#include <fmt/format.h>

#include "base/advice.h"
#include "base/append.h"
#include "base/duration.h"
#include "base/escape.h"

namespace tcpkit::record {
namespace {

std::string host_port(std::string_view host, std::optional<int> port) {
  if (!port) return display(host);
  if (host.find(':') != std::string_view::npos) return fmt::format("[{}]:{}", display(host), *port);
  return fmt::format("{}:{}", display(host), *port);
}

std::string plain(const SocketName& name) {
  if (name.path) return name.path->empty() ? "unnamed" : display(*name.path);
  if (!name.address) return "unknown";
  return host_port(plain_host(*name.address), name.port);
}

void append_error(std::string& out, const Error& error) {
  const std::string_view advice = error_advice(error);
  out += display(error.code.empty() ? error.name : error.code);
  if (!advice.empty()) append_format(out, ": {}", advice);
}

void append_payload(std::string& out, std::string_view payload, DataView view) {
  if (view == DataView::none) return;
  out += "  ";
  if (view == DataView::hex) {
    out += to_hex(payload);
  } else {
    out += '"';
    append_display(out, payload);
    out += '"';
  }
}

struct Details {
  std::string& out;
  DataView view;

  void operator()(const call::Connect& e) const { out += host_port(e.host, e.port); }
  void operator()(const call::Listen& e) const {
    append_format(out, "{}  backlog {}", host_port(e.host, e.port), e.backlog);
  }
  void operator()(const call::Write& e) const {
    out += count_bytes(e.bytes);
    if (!e.flushed) append_format(out, ", {} wait in our queue", e.writable_length);
    append_payload(out, e.payload.bytes, view);
  }
  void operator()(const call::End& /*e*/) const { out += "our FIN follows the queued data"; }
  void operator()(const call::Destroy& e) const {
    if (e.unread) {
      out += "received data is unread: the kernel sends RST";
    } else if (e.reset) {
      out += "SO_LINGER is 0: the kernel sends RST";
    }
  }
  void operator()(const call::DestroySoon& /*e*/) const { out += "closes when all data is sent"; }
  void operator()(const call::ResetAndDestroy& e) const {
    out += e.reset ? "RST" : "no RST, but a FIN: SO_LINGER could not be set";
  }
  void operator()(const call::Pause& /*e*/) const { out += "reading stops"; }
  void operator()(const call::Resume& /*e*/) const { out += "reading goes on"; }
  void operator()(const call::Close& /*e*/) const { out += "no new clients"; }
  void operator()(const call::SetNoDelay& e) const { out += e.no_delay ? "on" : "off"; }
  void operator()(const call::SetKeepAlive& e) const {
    if (!e.enable) {
      out += "off";
      return;
    }
    if (!e.idle) {
      out += "idle, interval and count of the system";
      return;
    }
    append_format(out, "idle {} s", *e.idle);
    if (e.interval) append_format(out, ", interval {} s", *e.interval);
    if (e.count) append_format(out, ", count {}", *e.count);
  }
  void operator()(const call::SetTimeout& e) const {
    out += format_duration(std::chrono::milliseconds(e.timeout));
  }
  void operator()(const call::SetSockOpt& e) const {
    append_format(out, "{} = {}", display(e.option), display(e.value));
  }

  void operator()(const ev::Lookup& e) const {
    append_format(out, "{} -> ", display(e.host));
    if (e.error) {
      append_error(out, *e.error);
    } else {
      append_format(out, "{} ({})", display(e.address.value_or("")),
                    display(e.family.value_or("")));
    }
  }
  void operator()(const ev::ConnectionAttempt& e) const { out += host_port(e.ip, e.port); }
  void operator()(const ev::ConnectionAttemptFailed& e) const {
    (*this)(e.attempt);
    out += "  ";
    append_error(out, e.error);
  }
  void operator()(const ev::ConnectionAttemptTimeout& e) const {
    (*this)(e.attempt);
    out += "  no answer in time; on to the next address";
  }
  void operator()(const ev::Connect& e) const {
    append_format(out, "{} -> {}", plain(e.ends.local), plain(e.ends.remote));
  }
  void operator()(const ev::Ready& /*e*/) const {}
  void operator()(const ev::Listening& e) const { out += host_port(e.host, e.port); }
  void operator()(const ev::Connection& e) const {
    append_format(out, "{} -> {}, {} open", plain(e.ends.remote), plain(e.ends.local),
                  e.connections);
  }
  void operator()(const ev::Drop& e) const {
    append_format(out, "{}  {} ({})", plain(e.ends.remote), display(e.reason), display(e.option));
  }
  void operator()(const ev::Blocked& e) const {
    append_format(out, "{}  {} ({})", plain(e.ends.remote),
                  display(e.rule.value_or("not on the allow list")), display(e.option));
  }
  void operator()(const ev::Data& e) const {
    out += count_bytes(e.bytes);
    if (e.bytes != e.bytes_read) append_format(out, ", {} in all", e.bytes_read);
    append_payload(out, e.payload.bytes, view);
  }
  void operator()(const ev::Drain& /*e*/) const { out += "our queue is empty again"; }
  void operator()(const ev::Finish& e) const {
    append_format(out, "our FIN, after {}", count_bytes(e.bytes_written));
  }
  void operator()(const ev::End& e) const {
    append_format(out, "the peer's FIN, after {}", count_bytes(e.bytes_read));
  }
  void operator()(const ev::Timeout& e) const {
    append_format(out, "{} limit of {} ({})", display(e.kind),
                  format_duration(std::chrono::milliseconds(e.timeout)), display(e.option));
  }
  void operator()(const ev::Failure& e) const {
    if (!e.error.errors.empty())
      append_format(out, "all {} attempts failed, the first: ", e.error.errors.size());
    append_error(out, e.error);
    if (!e.error.syscall.empty()) append_format(out, " ({})", e.error.syscall);
  }
  void operator()(const ev::Close& e) const {
    append_format(out, "{}received {}, sent {}", e.had_error ? "after an error; " : "",
                  e.bytes_read, e.bytes_written - e.unsent);
    if (e.unsent != 0) append_format(out, ", {} never sent", e.unsent);
  }
  void operator()(const ev::ListenerClose& /*e*/) const {}

  void operator()(const kernel::KeepaliveProbe& e) const {
    if (e.inferred) {
      out += "answered before it could be seen";
    } else {
      append_format(out, "{} unanswered", e.unanswered);
    }
  }
  void operator()(const kernel::KeepaliveAck& /*e*/) const { out += "the peer is alive"; }
  void operator()(const kernel::Retransmit& e) const {
    append_format(out, "{} segment{}", e.segments, e.segments == 1 ? "" : "s");
    out += e.count == 0 ? ", without a timeout" : "";
    if (e.count > 0) append_format(out, ", {} unanswered", e.count);
  }

  void operator()(const kernel::State& e) const {
    append_format(out, "{} -> {}{}", display(e.from.value_or("unknown")),
                  display(e.to.value_or("unknown")), e.inferred ? "  (inferred)" : "");
  }
  void operator()(const kernel::Ack& e) const {
    append_format(out, "the peer has {}", count_bytes(e.bytes_acked));
    if (e.rtt_us) append_format(out, ", round trip {:.3f} ms", *e.rtt_us / us_per_ms);
    if (e.inferred) out += "  (inferred)";
  }
  void operator()(const kernel::FinAcked& e) const {
    out += "the peer has our FIN";
    if (e.inferred) out += "  (inferred)";
  }
  void operator()(const kernel::Info& e) const {
    append_format(out, "rtt {:.3f} ms (var {:.3f}), cwnd {}, mss {}, {} acked, {} retransmitted",
                  e.rtt_us / us_per_ms, e.rttvar_us / us_per_ms, e.cwnd, e.mss, e.bytes_acked,
                  e.retransmits);
  }

  void operator()(const wire::Segment& e) const {
    append_format(out, "{} -> {}  {}  seq {}", display(e.src), display(e.dst),
                  display(fmt::format("{}", fmt::join(e.flags, ","))), e.seq);
    if (e.ack) append_format(out, "  ack {}", *e.ack);
    if (e.len != 0) append_format(out, "  len {}", e.len);
    append_format(out, "  win {}", e.win);
    if (!e.label.empty()) append_format(out, "  ({})", display(e.label));
  }

  void operator()(const note::Run& e) const {
    append_format(out, "tcpkit {}", display(e.command));
    for (const std::string& word : e.arguments)
      append_format(out, " {}", display(word));
  }
  void operator()(const note::Exit& e) const {
    append_format(out, "status {}", e.status);
    if (e.reason) append_format(out, ": {}", display(*e.reason));
  }
  void operator()(const note::Message& e) const { append_display(out, e.text); }
  void operator()(const note::Explain& e) const { append_display(out, e.text); }
  void operator()(const note::Step& e) const { append_display(out, e.text); }
  /// What follows the verb, which is the record's name.
  void operator()(const note::Deed& e) const {
    const std::size_t blank = e.text.find(' ');
    if (blank != std::string::npos) append_display(out, std::string_view(e.text).substr(blank + 1));
  }
  void operator()(const note::Summary& e) const { append_display(out, e.outcome->text); }
  void operator()(const Other& e) const { append_display(out, e.text); }
  void operator()(const note::Counters& e) const {
    append_format(out, "received {}, sent {}, {} in our queue", e.bytes_read,
                  e.bytes_written - e.writable_length, e.writable_length);
  }
  void operator()(const note::Statistics& e) const {
    append_format(out, "{} tries, {} ok", e.tally->tries, e.tally->ok);
  }
  void operator()(const note::Spawn& e) const {
    append_display(out, e.program);
    append_format(out, ", process {}", e.pid);
  }
  void operator()(const note::ChildExit& e) const {
    append_format(out, "process {}, ", e.pid);
    if (e.signal) {
      out += "ended by ";
      append_display(out, *e.signal);
    } else {
      append_format(out, "status {}", e.status.value_or(0));
    }
  }
};

}  // namespace

std::string count_bytes(std::uint64_t bytes) {
  return fmt::format("{} byte{}", bytes, bytes == 1 ? "" : "s");
}

std::string_view plain_host(std::string_view host) {
  static constexpr std::string_view mapped = "::ffff:";
  if (host.starts_with(mapped) && host.find('.') != std::string_view::npos) {
    host.remove_prefix(mapped.size());
  }
  return host;
}

void append_details(std::string& out, const Body& body, DataView data) {
  std::visit(Details{out, data}, body);
}

}  // namespace tcpkit::record
