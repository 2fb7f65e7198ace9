#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "base/escape.h"
#include "base/port_list.h"
#include "cmd/cli/command.h"
#include "cmd/cli/declare.h"
#include "cmd/cli/usage_error.h"
#include "cmd/options/client.h"
#include "cmd/options/socket.h"
#include "cmd/options/time.h"
#include "cmd/options/trace.h"
#include "cmd/run/describe.h"
#include "cmd/run/session.h"
#include "cmd/scan_report.h"
#include "flow/scan.h"

namespace tcpkit::cmd {
namespace {

constexpr std::chrono::seconds usual_wait{2};
constexpr int usual_concurrency = 256;
constexpr int most_concurrency = 65535;
constexpr int most_rate = 1000000;

/// The options of `scan`, parsed.
struct ScanOptions {
  TraceOptions trace;
  SocketGroup socket;
  ClientGroup client;
  TimeGroup time;
  std::optional<int> concurrency;
  std::optional<int> rate;
  bool verbose = false;
  Endpoint target;  ///< with the port if there is only one
  std::vector<std::uint16_t> ports;

  void declare(OptionSet& set);
  void accept(const std::vector<std::string>& arguments);
  /// stdout is for records, all of which are JSON.
  [[nodiscard]] bool is_json_on_stdout() const;

 private:
  void read_host(const std::string& host);
};

void ScanOptions::declare(OptionSet& set) {
  trace.declare(set);
  socket.declare_for_attempts(set);
  client.declare_for_attempts(set);
  client.dial.connect_timeout = usual_wait;
  Group g(set, "Scan");
  g.integer("--concurrency", concurrency, 1, most_concurrency,
            fmt::format("Try at most N ports at the same time ({})", usual_concurrency));
  g.integer("--rate", rate, 1, most_rate, "Try at most N ports per second");
  time.declare_deadline(set);
  client.declare_limit(set, "Report a port as silent after this time (2s; 0: the kernel's)");
}

void ScanOptions::accept(const std::vector<std::string>& arguments) {
  trace.check();
  std::string why;
  if (arguments.size() == 1) {
    const auto both = parse_endpoint(arguments[0], Purpose::connecting, why);
    const bool has_port = both && !both->is_unix() && !both->host.empty();
    throw UsageError(has_port
                         ? fmt::format("the ports are missing; write: tcpkit scan {} {}",
                                       display_start(both->host), both->port)
                         : "the ports are missing; e.g. tcpkit scan localhost 22,80,8000-8100");
  }
  if (arguments.size() > 2) {
    throw UsageError(fmt::format("unexpected argument '{0}'; separate ports with commas: {1},{0}",
                                 display_start(arguments[2]), display_start(arguments[1])));
  }
  if (arguments.empty()) {
    throw UsageError("host and ports are missing; e.g. tcpkit scan localhost 22,80,8000-8100");
  }
  read_host(arguments[0]);
  auto list = parse_port_list(arguments[1], why);
  if (!list) throw UsageError(why);
  ports = std::move(*list);
  if (ports.size() == 1) target.port = ports.front();
  socket.check(false);
  client.check(target, socket);
  for (const dns::FixedAnswer& answer : client.fixed_answers()) {
    if (!answer.port || ports.size() == 1) continue;
    throw UsageError(fmt::format("--resolve: port {} is one of several; write {}:ADDR",
                                 *answer.port, display_start(answer.host)));
  }
  // Not a line for each connection, but what is said about the whole.
  verbose = std::exchange(trace.verbose, false);
}

void ScanOptions::read_host(const std::string& host) {
  std::string why;
  const auto endpoint = parse_endpoint(host, "1", Purpose::connecting, why);
  if (!endpoint || !check_zone(*endpoint, why)) throw UsageError(why);
  target = *endpoint;
  target.port = 0;
}

bool ScanOptions::is_json_on_stdout() const {
  const bool json = (trace.enabled() && trace.is_json()) || trace.summary == "json";
  return json && trace.on_stdout();
}

/// Looks the host up and scans its ports. Lives on the session's loop, and is gone before the
/// session.
class ScanRun {
 public:
  ScanRun(Session& session, const ScanOptions& options);
  /// The exit status.
  int run();

 private:
  void look_up();
  void on_lookup(dns::Result result);
  void scan(std::vector<Address> addresses);
  void drop_blocked(std::vector<Address>& addresses);
  void report_addresses(const std::vector<Address>& addresses);
  void say(const std::string& text);
  void on_over();

  Session& session_;
  const ScanOptions& options_;
  std::unique_ptr<dns::Resolver> resolver_;
  std::unique_ptr<dns::Query> query_;
  ScanReport report_;
  std::unique_ptr<flow::Scan> scan_;
};

bool shows_progress(const Session& session, const ScanOptions& options) {
  const char* terminal = std::getenv("TERM");
  const bool dumb = terminal == nullptr || std::string_view(terminal) == "dumb";
  return !dumb && !options.trace.quiet && ::isatty(STDERR_FILENO) == 1 &&
         (!session.traced() || options.is_json_on_stdout());
}

ScanRun::ScanRun(Session& session, const ScanOptions& options)
    : session_(session),
      options_(options),
      resolver_(options.client.make_resolver(session.loop(), options.target)),
      report_(session.loop(),
              {options.target.host, options.ports, !options.is_json_on_stdout(),
               shows_progress(session, options)},
              [&session](int err) { session.output_failed(err); }) {
  session_.on_stop = [this] {
    query_.reset();
    if (scan_) scan_->stop();
    report_.end();
  };
  session_.on_abandon = [this] { report_.discard(); };
  session_.last_failure = [this] {
    report_.clear_progress();
    return scan_ ? report_.progress() : std::string();
  };
  session_.on_over = [this] { on_over(); };
}

int ScanRun::run() {
  look_up();
  return session_.run();
}

void ScanRun::look_up() {
  if (const auto literal = Address::from_ip(options_.target.host, 0)) return scan({*literal});
  query_ = resolver_->resolve(options_.target.host, options_.client.dial.family,
                              [this](dns::Result result) { on_lookup(std::move(result)); });
}

void ScanRun::on_lookup(dns::Result result) {
  query_.reset();
  if (result.error) {
    session_.fail(exit_of(*result.error),
                  describe_unconnected(options_.target.host, *result.error));
    return;
  }
  report_addresses(result.addresses);
  scan(net::order_addresses(result.addresses));
}

/// A lookup belongs to no connection, so that it is a message in the trace.
void ScanRun::report_addresses(const std::vector<Address>& addresses) {
  std::string list;
  for (const Address& address : addresses)
    list += (list.empty() ? "" : ", then ") + address.host();
  const std::string text = fmt::format("{} is {}", display(options_.target.host), list);
  if (options_.verbose) return say(text);
  trace::Tracer& tracer = session_.engine().tracer();
  if (tracer.wants(record::Layer::note))
    tracer.emit(record::Role::none, 0, {}, record::note::Message{text});
}

void ScanRun::drop_blocked(std::vector<Address>& addresses) {
  const auto& rules = options_.client.dial.rules;
  if (!rules) return;
  const std::string first = addresses.front().host();
  std::erase_if(addresses, [&](const Address& address) {
    return rules->check(address.with_port(options_.ports.front())).has_value();
  });
  if (!addresses.empty()) return;
  Error error;
  error.code = "ERR_IP_BLOCKED";
  error.address = first;
  session_.fail(exit_of(error), describe_unconnected(options_.target.host, error));
}

void ScanRun::scan(std::vector<Address> addresses) {
  drop_blocked(addresses);
  if (addresses.empty()) return;
  flow::Scan::Options options;
  options.addresses = std::move(addresses);
  options.ports = options_.ports;
  options.concurrency = static_cast<std::size_t>(options_.concurrency.value_or(usual_concurrency));
  options.rate = options_.rate.value_or(0);
  options.attempt.dial = options_.client.dial;
  options.attempt.dial.rules = nullptr;  // they have been asked
  options.attempt.socket = options_.socket.options.socket;
  flow::Scan::Hooks hooks;
  hooks.settled = [this](std::size_t index, const flow::Scan::Answer& answer) {
    report_.settle(index, answer);
  };
  hooks.done = [this] { report_.end(); };
  hooks.failed = [this](const Error& error) {
    report_.end();
    session_.fail(exit_of(error), describe_unconnected(options_.target.host, error));
    session_.loop().next_tick([this] { session_.stop(); });
  };
  scan_ = std::make_unique<flow::Scan>(session_.engine(), *resolver_, std::move(options),
                                       std::move(hooks));
  report_.begin();
  scan_->start();
}

void ScanRun::say(const std::string& text) {
  report_.clear_progress();
  session_.say(text);
}

void ScanRun::on_over() {
  if (!scan_ || !report_.all_settled()) return;
  if (options_.verbose) say(report_.counts());
  if (report_.open() > 0) return;
  session_.conclude(report_.all_refused() ? Exit::refused : Exit::timed_out,
                    "no port is open: " + report_.counts());
}

class ScanCommand : public Program {
 public:
  void declare(OptionSet& set) override { options_.declare(set); }
  void accept(const std::vector<std::string>& arguments) override { options_.accept(arguments); }
  int run() override {
    static constexpr std::size_t read_size = 4096;  // what arrives is not read
    Session session("scan", options_.trace, !options_.is_json_on_stdout(), read_size,
                    options_.time.deadline);
    return ScanRun(session, options_).run();
  }

 private:
  ScanOptions options_;
};

}  // namespace

std::unique_ptr<Program> make_scan() {
  return std::make_unique<ScanCommand>();
}

}  // namespace tcpkit::cmd
