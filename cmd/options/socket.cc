#include "cmd/options/socket.h"

#include <fmt/core.h>

#include "cmd/cli/declare.h"
#include "cmd/cli/refuse.h"
#include "cmd/cli/usage_error.h"

namespace tcpkit::cmd {
namespace {

constexpr std::size_t most_buffer = std::size_t{1} << 30;
/// Stands for the value that a flag was given without.
constexpr const char* no_value = "system";

std::string option_name(const net::SocketOption& option) {
  return "--" + std::string(option.name);
}

Declared declare_one(Group& group, const net::SocketOption& option) {
  const std::string name = option_name(option);
  const std::string placeholder(option.placeholder);
  const std::string text(option.help);
  if (!option.optional.empty())
    return group.optional_value(fmt::format("{}{{{}}}", name, no_value), placeholder, text);
  if (option.kind == net::SocketOption::Kind::flag) return group.flag(name, text);
  const auto check = [&option](const std::string& given, std::string& why) {
    net::SocketOptions ignored;
    return ignored.read(option, given, why);
  };
  return group.checked(name, placeholder, check, text);
}

/// Declares the rows of the table of socket options that have a name and are `wanted`.
template <class Wanted>
void declare_table(Group& group, Wanted wanted) {
  for (const net::SocketOption& option : net::socket_options()) {
    if (option.name.empty() || !wanted(option)) continue;
    const Declared declared = declare_one(group, option);
    if (option.tcp_only) declared.with({Trait::tcp_only});
    declared.with({option.live ? Trait::live : Trait::before_connect});
    if (option.record == net::SocketOption::Record::keep_alive)
      declared.with({Trait::about_probes});
  }
}

}  // namespace

void declare_client_table(Group& group) {
  declare_table(group, [](const net::SocketOption& o) { return o.client_only; });
}

void SocketGroup::declare_families(Group& group) {
  group.flag("-4", ipv4, "Use IPv4 only")
      .with({Trait::tcp_only, Trait::before_connect, Trait::before_listen});
  group.flag("-6", ipv6, "Use IPv6 only")
      .with({Trait::tcp_only, Trait::before_connect, Trait::before_listen});
}

void SocketGroup::declare_for_attempts(OptionSet& set) {
  set_ = &set;
  Group g(set, "Socket");
  declare_families(g);
  declare_table(g, [](const net::SocketOption& o) { return o.of_packets; });
  declare_rules(set);
}

void SocketGroup::declare(OptionSet& set) {
  set_ = &set;
  Group g(set, "Socket");
  declare_families(g);
  declare_table(g, [](const net::SocketOption& o) { return !o.client_only; });
  g.flag("--allow-half-open", options.allow_half_open, "Keep sending after the peer's FIN")
      .with({Trait::live});
  g.size("--high-water-mark", options.high_water_mark, 1, most_buffer,
         "Limit the bytes that wait in our queue, per direction (64k)")
      .with({Trait::live});
  g.size("--read-buffer", read_buffer, 1, 1 << 24, "Limit the bytes of one read (64k)");
  declare_rules(set);
}

void SocketGroup::declare_rules(OptionSet& set) {
  block.declare(
      set, "Socket",
      "Refuse connections to and from this address, range (A-B) or subnet (A/PREFIX); repeatable",
      "The same for each rule of FILE, one per line; repeatable",
      {Trait::tcp_only, Trait::before_connect, Trait::about_rules});
}

void SocketGroup::check(bool is_unix) {
  refuse_both(*set_, "-4", "-6");
  if (is_unix) refuse(*set_, Trait::tcp_only, "a Unix socket has no such option; leave it out");
  for (const net::SocketOption& option : net::socket_options()) {
    const std::string name = option_name(option);
    if (option.name.empty() || !set_->has(name)) continue;
    if (!option.needs.empty())
      refuse_without(*set_, name.c_str(), ("--" + std::string(option.needs)).c_str());
    const std::string typed = set_->value(name);
    std::string why;
    const bool is_flag = option.kind == net::SocketOption::Kind::flag;
    if (is_flag && (option.optional.empty() || typed == no_value)) {
      options.socket.set(option.set.symbol, 1);
    } else if (!options.socket.read(option, typed, why)) {
      throw UsageError(fmt::format("{}: {}", name, why));
    }
  }
}

void SocketGroup::add_change(const std::string& name, const std::string& value,
                             net::OptionChange& change) {
  if (const net::SocketOption* option = net::find_option(name)) {
    std::string why;
    if (change.set.read_change(*option, value, why)) return;
    const bool is_flag = option->kind == net::SocketOption::Kind::flag && option->optional.empty();
    throw UsageError(is_flag ? why : fmt::format("--{}: {}", name, why));
  }
  if (name == "allow-half-open") {
    if (value != "on" && value != "off")
      throw UsageError(fmt::format("it takes on or off; write set {}=on", name));
    change.allow_half_open = value == "on";
  } else if (name == "high-water-mark") {
    set_->set("--" + name, value);
    change.high_water_mark = options.high_water_mark;
  }
}

}  // namespace tcpkit::cmd
