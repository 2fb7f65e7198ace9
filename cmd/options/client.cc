#include "cmd/options/client.h"

#include <fmt/core.h>

#include "base/escape.h"
#include "base/host_name.h"
#include "cmd/cli/declare.h"
#include "cmd/cli/refuse.h"
#include "cmd/cli/usage_error.h"

namespace tcpkit::cmd {
namespace {

constexpr std::chrono::milliseconds least_attempt{10};  // Node's
constexpr std::chrono::seconds doubtful_attempt{10};
constexpr std::uint16_t dns_port = 53;

std::string_view without_brackets(std::string_view text) {
  const bool has = text.size() > 2 && text.front() == '[' && text.back() == ']';
  return has ? text.substr(1, text.size() - 2) : text;
}

std::optional<std::optional<Address>> parse_ip(const std::string& text, std::string& why) {
  if (auto address = Address::from_ip(text, 0)) return address;
  why = why_no_address(text);
  return {};
}

std::optional<std::uint16_t> parse_local_port(const std::string& text, std::string& why) {
  return parse_port(text, Purpose::listening, why);
}

/// IP[:PORT], an IPv6 address in brackets where a port follows.
std::optional<Address> parse_server(const std::string& text, std::string& why) {
  if (auto plain = Address::from_ip(text, dns_port)) return plain;
  std::string ignored;
  const auto endpoint = parse_endpoint(text, Purpose::connecting, ignored);
  if (endpoint) {
    if (auto address = Address::from_ip(endpoint->host, endpoint->port)) return address;
  }
  if (auto address = Address::from_ip(without_brackets(text), dns_port)) return address;
  why = fmt::format("'{}' is not IP[:PORT]; write 127.0.0.1:53 or [::1]:53", display(text));
  const std::string_view number = endpoint ? endpoint->host : without_brackets(text);
  if (is_ip(number) != 0) why = why_no_address(number);
  return {};
}

/// ADDR[,ADDR], each with or without brackets. `zone`: set to a clause about an address whose zone
/// is no interface of this machine.
std::optional<std::vector<Address>> parse_addresses(std::string_view text, std::string& zone) {
  std::vector<Address> addresses;
  for (;;) {
    const std::size_t comma = text.find(',');
    const std::string_view one = text.substr(0, comma);
    const std::string_view number = without_brackets(one);
    const auto address = Address::from_ip(number, 0);
    if (!address && is_ip(number) != 0) zone = why_no_address(number);
    if (!address) return {};
    addresses.push_back(*address);
    if (comma == std::string_view::npos) return addresses;
    text.remove_prefix(comma + 1);
  }
}

/// A host name, or '*' for every host.
bool check_fixed_host(const std::string& host, const std::string& text, std::string& why) {
  if (host == "*") return true;
  if (host.starts_with('+')) {
    why = fmt::format("'{}' has curl's '+', an answer that expires; leave it out: {}",
                      display_start(text), display_start(std::string_view(text).substr(1)));
    return false;
  }
  return ascii_host(host, why).has_value();
}

/// HOST:ADDR[,ADDR] or HOST:PORT:ADDR[,ADDR]. "h:80:1::2" could be either: it is refused.
std::optional<dns::FixedAnswer> parse_resolve(const std::string& text, std::string& why) {
  const std::size_t colon = text.find(':');
  std::string zone;
  if (colon != std::string::npos && colon > 0) {
    const std::string_view rest = std::string_view(text).substr(colon + 1);
    dns::FixedAnswer answer;
    answer.host = text.substr(0, colon);
    auto whole = parse_addresses(rest, zone);
    const std::size_t second = rest.find(':');
    std::optional<std::vector<Address>> behind;
    if (second != std::string_view::npos) {
      std::string ignored;
      if (const auto port = parse_port(rest.substr(0, second), Purpose::connecting, ignored)) {
        behind = parse_addresses(rest.substr(second + 1), zone);
        if (behind) answer.port = port;
      }
    }
    if (whole && behind) {
      why = fmt::format("'{}' can be read in two ways; put the IPv6 address in brackets: {}:[::1]",
                        display(text), display(answer.host));
      return {};
    }
    if (whole || behind) {
      if (!check_fixed_host(answer.host, text, why)) return {};
      answer.addresses = std::move(whole ? *whole : *behind);
      return answer;
    }
  }
  if (!zone.empty()) {
    why = std::move(zone);
    return {};
  }
  why = fmt::format(
      "'{}' is not HOST:ADDR[,ADDR] or HOST:PORT:ADDR[,ADDR]; e.g. example.com:127.0.0.1",
      display(text));
  return {};
}

}  // namespace

void ClientGroup::declare_local_end(Group& g) {
  g.value("-s,--local-address", "IP", local_address_, parse_ip, "Connect from this address")
      .with({Trait::tcp_only, Trait::before_connect});
  g.value("-p,--local-port", "PORT", dial.local_port, parse_local_port, "Connect from this port")
      .with({Trait::tcp_only, Trait::before_connect});
}

void ClientGroup::declare_names(Group& g) {
  g.flag("-n", no_names_, "Accept numeric addresses only, no lookup")
      .with({Trait::tcp_only, Trait::before_connect});
  g.choice<Which>("--resolver", which_, {{"c-ares", Which::ares}, {"system", Which::system}},
                  "Look names up with c-ares, or with the system's getaddrinfo")
      .with({Trait::tcp_only, Trait::before_connect, Trait::of_program});
  g.list("--dns-server", "IP[:PORT]", servers_, parse_server, "Ask this DNS server (repeatable)")
      .with({Trait::tcp_only, Trait::before_connect, Trait::of_program});
  g.list("--resolve", "HOST[:PORT]:ADDR[,ADDR]", fixed_, parse_resolve,
         "Resolve this name to these addresses (repeatable)")
      .with({Trait::tcp_only, Trait::before_connect});
}

void ClientGroup::declare_for_attempts(OptionSet& set) {
  set_ = &set;
  Group g(set, "Client");
  declare_local_end(g);
  declare_names(g);
}

void ClientGroup::declare(OptionSet& set) {
  set_ = &set;
  Group g(set, "Client");
  declare_local_end(g);
  g.duration("--attempt-timeout", dial.attempt_timeout,
             "Try the next address after this time (250ms; not for the last address)")
      .with({Trait::tcp_only, Trait::before_connect});
  g.flag("--no-auto-select-family", no_auto_select_family_, "Try only the first address")
      .with({Trait::tcp_only, Trait::before_connect});
  declare_names(g);
  g.integer("--retry", retries_given_, 0, 1000000,
            "Try again up to N times if connecting fails (0)")
      .with({Trait::before_connect, Trait::of_program});
  g.duration("--retry-delay", retry_delay, "Wait this time between tries (1s)")
      .with({Trait::of_program});
  declare_client_table(g);
}

void ClientGroup::declare_probe(OptionSet& set) {
  Group(set, "Client")
      .flag("-z,--probe", probe, "Only report in the exit status whether the port is open")
      .with({Trait::before_connect});
}

void ClientGroup::declare_limit(OptionSet& set, const char* text) {
  Group(set, "Time")
      .duration("-w,--connect-timeout", dial.connect_timeout, text)
      .with({Trait::before_connect});
}

void ClientGroup::check(const Endpoint& target, const SocketGroup& socket) {
  refuse_without(*set_, "--retry-delay", "--retry");
  if (dial.attempt_timeout.count() == 0) {
    throw UsageError("--attempt-timeout: 0 would give every address up at once; write e.g. 250ms");
  }
  if (which_ == Which::system && !servers_.empty()) {
    throw UsageError("--dns-server and --resolver system cannot be combined; leave one out");
  }
  dial.attempt_timeout = std::max(dial.attempt_timeout, least_attempt);
  dial.auto_select_family = !no_auto_select_family_;
  dial.family = socket.family();
  dial.rules = read_peer_rules(socket.block, nullptr);
  retries = retries_given_.value_or(0);
  if (local_address_) {
    dial.local_address = local_address_;
    if (dial.family != 0 && local_address_->family() != dial.family) {
      throw UsageError(fmt::format("--local-address: {} is not an IPv{} address",
                                   local_address_->host(), dial.family));
    }
    dial.family = local_address_->family();
  }
  const int literal = is_ip(target.host);
  if (literal != 0 && socket.family() == 0 && local_address_ &&
      literal != local_address_->family()) {
    throw UsageError(fmt::format("--local-address: {} is an IPv{} address, and {} an IPv{} one",
                                 local_address_->host(), local_address_->family(), target.host,
                                 literal));
  }
  if (literal != 0 && dial.family != 0 && literal != dial.family) {
    throw UsageError(fmt::format("{} is an IPv{} address, and IPv{} was asked for; leave one out",
                                 target.host, literal, dial.family));
  }
  if (no_names_ && literal == 0 && !target.is_unix() && !target.host.empty()) {
    throw UsageError(fmt::format("-n: '{}' is a name; write a numeric address such as 127.0.0.1",
                                 display(target.host)));
  }
}

std::string ClientGroup::warning() const {
  if (dial.attempt_timeout <= doubtful_attempt) return {};
  return fmt::format("--attempt-timeout is {}; write {}ms if you meant milliseconds",
                     format_duration(dial.attempt_timeout), dial.attempt_timeout.count() / 1000);
}

std::unique_ptr<dns::Resolver> ClientGroup::make_resolver(uv::Loop& loop,
                                                          const Endpoint& target) const {
  auto next = which_ == Which::system ? dns::make_system_resolver(loop)
                                      : dns::make_ares_resolver(loop, servers_);
  return dns::make_local_answers(loop, fixed_, target.port, std::move(next));
}

}  // namespace tcpkit::cmd
