#include "cmd/options/socket.h"

#include <fmt/core.h>

#include <limits>

#include "base/escape.h"
#include "base/size.h"
#include "cmd/cli/declare.h"
#include "cmd/cli/refuse.h"
#include "cmd/cli/usage_error.h"

namespace tcpkit::cmd {
namespace {

constexpr std::size_t most_buffer = std::size_t{1} << 30;
constexpr int most_keep_alive = 32767;  // MAX_TCP_KEEPIDLE, MAX_TCP_KEEPINTVL (net/tcp.h)
constexpr int most_probes = 127;        // MAX_TCP_KEEPCNT

std::optional<int> parse_tos(const std::string& text, std::string& why) {
  if (!text.starts_with("0x")) return parse_integer(text, 0, 255, why);
  if (text.size() > 2 && text.size() < 5 &&
      text.find_first_not_of("0123456789abcdefABCDEF", 2) == std::string::npos) {
    return std::stoi(text, nullptr, 16);
  }
  why = fmt::format("'{}' is not a byte; write 0 to 255, or 0x00 to 0xff", display(text));
  return {};
}

template <std::size_t least>
std::optional<int> parse_buffer(const std::string& text, std::string& why) {
  const auto size = parse_size(text, why);
  if (!size) return {};
  if (*size >= least && *size <= most_buffer) return static_cast<int>(*size);
  why = fmt::format("'{}' is out of range: {} to {} bytes", display(text), least, most_buffer);
  return {};
}

}  // namespace

int whole_seconds(const std::string& name, std::chrono::milliseconds value) {
  if (value.count() < 1000 || value.count() % 1000 != 0 || value.count() / 1000 > most_keep_alive) {
    throw UsageError(
        fmt::format("{}: {} is not possible: the kernel counts whole seconds, 1 to {}; e.g. {}=3s",
                    name, format_duration(value), most_keep_alive, name));
  }
  return static_cast<int>(value.count() / 1000);
}

void SocketGroup::declare(OptionSet& set) {
  set_ = &set;
  net::SocketOptions& s = options.socket;
  Group g(set, "Socket");
  g.flag("-4", ipv4, "IPv4 only")
      .with({Trait::tcp_only, Trait::before_connect, Trait::before_listen});
  g.flag("-6", ipv6, "IPv6 only")
      .with({Trait::tcp_only, Trait::before_connect, Trait::before_listen});
  g.flag("--no-delay", s.no_delay, "Switch Nagle's algorithm off")
      .with({Trait::tcp_only, Trait::live});
  g.optional_value("--keep-alive{system}", "IDLE", keep_alive_,
                   "Probe a silent peer, first after IDLE (the system's value)")
      .with({Trait::tcp_only, Trait::live, Trait::about_probes});
  g.duration("--keep-alive-interval", interval_, "Time between unanswered probes (1s)")
      .with({Trait::tcp_only, Trait::live, Trait::about_probes});
  g.integer("--keep-alive-count", count_, 1, most_probes,
            "Unanswered probes that end the connection (10)")
      .with({Trait::tcp_only, Trait::live, Trait::about_probes});
  g.duration("--user-timeout", user_timeout_, "How long sent data may stay unacknowledged")
      .with({Trait::tcp_only, Trait::live});
  g.flag("--allow-half-open", options.allow_half_open, "Keep sending after the peer's FIN")
      .with({Trait::live});
  g.size("--high-water-mark", options.high_water_mark, 1, most_buffer,
         "Bytes that may wait in our queue, per direction (64k)")
      .with({Trait::live});
  g.size("--read-buffer", read_buffer, 1, 1 << 24, "Most bytes of one read (64k)");
  g.value("--send-buffer", "SIZE", s.send_buffer, parse_buffer<1>,
          "The kernel's send buffer (SO_SNDBUF)")
      .with({Trait::live});
  g.value("--recv-buffer", "SIZE", s.recv_buffer, parse_buffer<1>,
          "The kernel's receive buffer (SO_RCVBUF)")
      .with({Trait::live});
  g.value("--tos", "BYTE", s.tos, parse_tos,
          "Type of service of what we send (IP_TOS, IPV6_TCLASS)")
      .with({Trait::tcp_only, Trait::live});
  g.integer("--ttl", s.ttl, 1, 255, "Hops that it may take (IP_TTL, IPV6_UNICAST_HOPS)")
      .with({Trait::tcp_only, Trait::live});
  g.duration("--linger", linger_, "SO_LINGER in whole seconds; 0: close sends RST")
      .with({Trait::tcp_only, Trait::live});
  g.string("--congestion", "ALGORITHM", s.congestion,
           "Congestion control, e.g. cubic or reno (TCP_CONGESTION)")
      .with({Trait::tcp_only, Trait::live});
  g.string("--interface", "INTERFACE", s.interface,
           "Use this interface only, e.g. lo (SO_BINDTODEVICE)")
      .with({Trait::tcp_only, Trait::live});
  block.declare(
      set, "Socket",
      "Have nothing to do with this address, range (A-B) or subnet (A/PREFIX); repeatable",
      "The same for each rule of a file, one a line; repeatable",
      {Trait::tcp_only, Trait::before_connect, Trait::about_rules});
}

void SocketGroup::check(bool is_unix) {
  refuse_both(*set_, "-4", "-6");
  refuse_without(*set_, "--keep-alive-interval", "--keep-alive");
  refuse_without(*set_, "--keep-alive-count", "--keep-alive");
  convert(is_unix);
}

/// Turns what was given into options.
void SocketGroup::convert(bool is_unix) {
  if (is_unix) {
    refuse(*set_, Trait::tcp_only, "a Unix socket has no such option; leave it out");
  }
  net::SocketOptions& s = options.socket;
  if (!keep_alive_.empty()) {
    net::KeepAlive k;
    if (keep_alive_ != "system") {
      std::string why;
      const auto idle = parse_duration(keep_alive_, why);
      if (!idle) throw UsageError("--keep-alive: " + why);
      k = {whole_seconds("--keep-alive", *idle), 1, 10};
    }
    if (interval_.count() > 0 || set_->has("--keep-alive-interval")) {
      k.interval = whole_seconds("--keep-alive-interval", interval_);
    }
    if (count_) k.count = count_;
    s.keep_alive = k;
  }
  if (set_->has("--user-timeout")) s.user_timeout = user_timeout_;
  if (set_->has("--linger")) {
    if (linger_.count() % 1000 != 0) {
      throw UsageError("--linger: the kernel counts whole seconds; e.g. --linger 2s");
    }
    s.linger = static_cast<int>(linger_.count() / 1000);
  }
}

net::OptionChange SocketGroup::read_change(const std::string& name, const std::string& value,
                                           bool is_unix) {
  const std::string option = "--" + name;
  const bool flag = name == "no-delay" || name == "allow-half-open";
  const bool on_or_off = value == "on" || value == "off";
  if (flag && !on_or_off) {
    throw UsageError(fmt::format("it takes on or off; write set {}=on", name));
  }
  if (flag || (name == "keep-alive" && on_or_off)) {
    set_->set(option);
  } else {
    set_->set(option, value);
  }
  convert(is_unix);

  net::OptionChange change;
  if (name == "no-delay") change.no_delay = value == "on";
  if (name == "allow-half-open") change.allow_half_open = value == "on";
  if (name == "high-water-mark") change.high_water_mark = options.high_water_mark;
  if (name == "keep-alive") {
    change.keep_alive = value != "off";
    change.probes = options.socket.keep_alive.value_or(net::KeepAlive{});
  }
  if (name == "keep-alive-interval") change.probes.interval = whole_seconds(option, interval_);
  if (name == "keep-alive-count") change.probes.count = count_;
  change.set = options.socket;
  return change;
}

}  // namespace tcpkit::cmd
