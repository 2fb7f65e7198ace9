#include "cmd/run/lab_cast.h"

#include <fmt/core.h>

#include <cstdint>
#include <set>
#include <utility>

#include "base/escape.h"
#include "base/ip_number.h"
#include "cmd/cli/argv.h"
#include "cmd/cli/refuse.h"
#include "cmd/cli/usage_error.h"
#include "cmd/options/client.h"
#include "cmd/options/server.h"
#include "cmd/options/socket.h"
#include "cmd/options/steps.h"
#include "cmd/options/time.h"
#include "cmd/run/server_command.h"

namespace tcpkit::cmd {
namespace {

using script::Opening;
using Listeners = script::LabDialect::Listeners;

/// Fits into a path behind the lab's own folder.
constexpr std::size_t longest_path = 64;

/// Where a lab stays that has no network of its own.
constexpr std::string_view only_interface = "lo";

/// Splits OTHER, HOST:OTHER or [HOST]:OTHER, where OTHER listens; false for anything else.
bool read_other(const std::string& word, const Listeners& listeners, Opening& opening) {
  const std::size_t colon = word.rfind(':');
  const std::string name = colon == std::string::npos ? word : word.substr(colon + 1);
  if (listeners(name) == nullptr) return false;
  opening.other = name;
  if (colon == std::string::npos) return true;
  std::string host = word.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string::npos) {
    throw UsageError(fmt::format("'{}': an IPv6 address needs brackets; write [{}]:{}",
                                 display(word), display(host), name));
  }
  if (host.empty()) throw UsageError(fmt::format("'{}': the host is missing", display(word)));
  if (script::is_unix(*listeners(name), listeners)) {
    throw UsageError(fmt::format("{} listens on a Unix socket; write {} alone", name, name));
  }
  opening.endpoint.host = std::move(host);
  return true;
}

bool is_unspecified(const std::string& host) {
  const auto ip = parse_ip_number(host);
  return ip && ip->is_unspecified();
}

std::string find_other_interface(const std::string& interface) {
  return interface.empty() || interface == only_interface ? "" : "interface " + display(interface);
}

class CastClient : public script::LabClient {
 public:
  CastClient(net::Socket& socket, const ClientGroup& options,
             const net::SocketOptions& socket_options)
      : socket_(socket), options_(options), socket_options_(socket_options) {}
  net::Socket& socket() override { return socket_; }
  void connect(const Endpoint& target) override {
    resolver_ = options_.make_resolver(socket_.engine().loop(), target);
    dialer_ = std::make_unique<net::Dialer>(socket_, *resolver_, options_.dial, socket_options_);
    dialer_->connect(target);
  }

 private:
  net::Socket& socket_;
  const ClientGroup& options_;
  net::SocketOptions socket_options_;
  std::unique_ptr<dns::Resolver> resolver_;
  std::unique_ptr<net::Dialer> dialer_;
};

}  // namespace

/// One `listen`, `connect` or `udp`, with all its options.
class LabCast::Plan {
 public:
  explicit Plan(Opening::Kind kind) : kind_(kind) {
    if (kind == Opening::Kind::udp) return;
    socket_.declare(set_);
    if (kind == Opening::Kind::listen) {
      server_.declare(set_, true);
    } else {
      client_.declare(set_);
    }
    time_.declare(set_);
    if (kind == Opening::Kind::connect) client_.declare_limit(set_);
  }

  /// Throws UsageError.
  Opening read(const std::vector<std::string>& words, const Listeners& listeners);

  /// What of it would leave the loopback interface; empty: nothing.
  [[nodiscard]] std::string find_outside(const Opening& opening) const;

  [[nodiscard]] decltype(script::Dialect::read_option) option_reader(bool is_unix) {
    return make_option_reader(set_, is_unix);
  }
  [[nodiscard]] const SocketGroup& socket() const { return socket_; }
  [[nodiscard]] const ServerGroup& server() const { return server_; }
  [[nodiscard]] const ClientGroup& client() const { return client_; }

 private:
  void read_address(const std::vector<std::string>& arguments, const Listeners& listeners,
                    Opening& opening);
  void check_name(const Opening& opening, const Listeners& listeners) const;
  [[nodiscard]] std::vector<std::string> hosts(const Opening& opening) const;

  Opening::Kind kind_;
  OptionSet set_;
  SocketGroup socket_;
  ServerGroup server_;
  ClientGroup client_;
  TimeGroup time_;
};

Opening LabCast::Plan::read(const std::vector<std::string>& words, const Listeners& listeners) {
  const std::string_view command = kind_ == Opening::Kind::listen    ? "listen"
                                   : kind_ == Opening::Kind::connect ? "connect"
                                                                     : "udp";
  Opening opening;
  opening.kind = kind_;
  read_address(read_words(set_, command, words), listeners, opening);
  if (kind_ == Opening::Kind::udp) return opening;
  // The lab's own, or a matter of one program and its streams.
  refuse(set_, Trait::of_program, "there is no such thing in a lab; leave it out");
  const bool is_unix = script::is_unix(opening, listeners);
  socket_.check(is_unix);
  if (kind_ == Opening::Kind::listen) {
    server_.check(is_unix, socket_, true);
    if (!is_unix) check_family(opening.endpoint, socket_, server_);
  } else {
    Endpoint target = opening.endpoint;
    if (is_unix) target.kind = Endpoint::Kind::unix_path;
    client_.check(target, socket_);
    check_name(opening, listeners);
  }
  time_.check(socket_.options, is_unix);
  opening.keep_open = server_.keep_open;
  opening.read_buffer = socket_.read_buffer;
  return opening;
}

void LabCast::Plan::read_address(const std::vector<std::string>& arguments,
                                 const Listeners& listeners, Opening& opening) {
  if (arguments.size() > 1) {
    throw UsageError(fmt::format("unexpected '{}'; there is one address", display(arguments[1])));
  }
  const bool listens = kind_ == Opening::Kind::listen;
  if (arguments.empty() && !listens) {
    throw UsageError("the other actor is missing; write e.g. connect server");
  }
  if (arguments.empty()) {
    opening.endpoint.host = socket_.ipv6 ? "::1" : "127.0.0.1";
    return;
  }
  const std::string& word = arguments.front();
  const bool found = read_other(word, listeners, opening);
  if (!found && !listens) {
    throw UsageError(fmt::format(
        "'{}' is not OTHER or HOST:OTHER, where OTHER is an actor that listens", display(word)));
  }
  if (!found) {
    std::string why;
    const auto endpoint = parse_endpoint(word, Purpose::listening, why);
    if (!endpoint || !check_zone(*endpoint, why)) throw UsageError(why);
    opening.endpoint = *endpoint;
  }
  const Endpoint& endpoint = opening.endpoint;
  if (listens && !endpoint.is_unix() && !endpoint.host.empty() && is_ip(endpoint.host) == 0) {
    throw UsageError(fmt::format("'{}' is a name; a lab listens on an address, e.g. 127.0.0.1:0",
                                 display(endpoint.host)));
  }
  if (endpoint.path.size() > longest_path) {
    throw UsageError(fmt::format("the path has more than {} bytes", longest_path));
  }
}

/// No lab asks a DNS server: each name has an answer for the port.
void LabCast::Plan::check_name(const Opening& opening, const Listeners& listeners) const {
  const std::string& host = opening.endpoint.host;
  if (host.empty() || is_ip(host) != 0 || dns::is_localhost(host)) return;
  const std::uint16_t port = listeners(opening.other)->endpoint.port;  // 0: of the system's choice
  if (dns::find_fixed(client_.fixed_answers(), host, port) != nullptr) return;
  throw UsageError(
      fmt::format("nobody answers for the name '{}' in a lab; add --resolve "
                  "{}:127.0.0.1",
                  display(host), display(host)));
}

/// All that it names, without the names.
std::vector<std::string> LabCast::Plan::hosts(const Opening& opening) const {
  std::vector<std::string> hosts;
  if (is_ip(opening.endpoint.host) != 0) hosts.push_back(opening.endpoint.host);
  if (client_.dial.local_address) hosts.push_back(client_.dial.local_address->host());
  for (const dns::FixedAnswer& answer : client_.fixed_answers()) {
    for (const Address& address : answer.addresses)
      hosts.push_back(address.host());
  }
  return hosts;
}

std::string LabCast::Plan::find_outside(const Opening& opening) const {
  for (const std::string& host : hosts(opening)) {
    const auto ip = parse_ip_number(host);
    // The unspecified address is this machine's for a client; a listener is kept to loopback.
    if (!ip || !(ip->is_unspecified() || ip->is_loopback())) return display(host);
  }
  return find_other_interface(socket_.options.socket.text("SO_BINDTODEVICE"));
}

LabCast::LabCast() = default;
LabCast::~LabCast() = default;

script::LabDialect LabCast::dialect() {
  script::LabDialect dialect;
  dialect.read_opening = [this](Opening::Kind kind, const std::vector<std::string>& words,
                                const Listeners& listeners) {
    auto plan = std::make_unique<Plan>(kind);
    try {
      Opening opening = plan->read(words, listeners);
      opening.plan = plans_.size();
      plans_.push_back(std::move(plan));
      return opening;
    } catch (const UsageError& e) {
      throw script::Fault(e.what());
    }
  };
  dialect.read_option = [this](const Opening& opening, bool is_unix, const std::string& name,
                               const std::string& value, std::string& why) {
    return plans_[opening.plan]->option_reader(is_unix)(name, value, why);
  };
  return dialect;
}

std::optional<LabCast::Outside> LabCast::confine(const script::Lab& lab) {
  std::set<std::string> everywhere;  // the actors that listen on all addresses
  const auto is_everywhere = [&](const Opening& opening) {
    const std::string& host = opening.endpoint.host;
    if (opening.endpoint.is_unix() || !host.empty()) return is_unspecified(host);
    return opening.other.empty() || everywhere.contains(opening.other);
  };
  for (const script::LabLine& line : lab.lines) {
    std::string what;
    if (const auto* opening = std::get_if<Opening>(&line.action)) {
      what = plans_[opening->plan]->find_outside(*opening);
      const bool any = is_everywhere(*opening);
      if (any && opening->kind == Opening::Kind::udp) what = "a UDP port of all addresses";
      if (any && opening->kind == Opening::Kind::listen) {
        everywhere.insert(lab.actors[line.actor]);
        confined_.insert(opening->plan);
      }
    } else if (const auto* step = std::get_if<script::Step>(&line.action)) {
      if (const auto* set = std::get_if<script::Set>(&step->action))
        what = find_other_interface(set->change.set.text("SO_BINDTODEVICE"));
    }
    if (!what.empty()) return Outside{line.line, line.text, what};
  }
  return {};
}

std::unique_ptr<net::Listener> LabCast::make_listener(net::Engine& engine,
                                                      net::ListenerHandler& handler,
                                                      const Opening& opening) const {
  const Plan& plan = *plans_[opening.plan];
  net::Socket::Options options = plan.socket().options;
  if (confined_.contains(opening.plan))
    options.socket.set("SO_BINDTODEVICE", std::string(only_interface));
  return std::make_unique<net::Listener>(engine, handler, plan.server().listen, options);
}

std::unique_ptr<script::LabClient> LabCast::make_client(net::Engine& engine,
                                                        net::SocketHandler& handler,
                                                        const Opening& opening) const {
  const Plan& plan = *plans_[opening.plan];
  net::Socket::Options options = plan.socket().options;
  return std::make_unique<CastClient>(net::Socket::create_client(engine, handler, options),
                                      plan.client(), options.socket);
}

}  // namespace tcpkit::cmd
