#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <map>
#include <system_error>

#include "base/append.h"
#include "base/escape.h"
#include "cmd/cli/command.h"
#include "cmd/cli/declare.h"
#include "cmd/cli/refuse.h"
#include "cmd/cli/usage_error.h"
#include "cmd/options/client.h"
#include "cmd/options/data.h"
#include "cmd/options/endpoint.h"
#include "cmd/options/steps.h"
#include "cmd/options/time.h"
#include "cmd/run/client.h"
#include "cmd/run/describe.h"
#include "cmd/run/roster.h"
#include "cmd/run/session.h"
#include "cmd/run/steps.h"
#include "cmd/run/trace_files.h"
#include "flow/delivery.h"
#include "record/brief.h"
#include "script/search.h"
#include "trace/failure_sink.h"

namespace tcpkit::cmd {
namespace {

/// A line for each try up to 20 tries a second; beyond that only progress.
constexpr std::chrono::milliseconds least_told{50};

std::optional<std::string> parse_expected(const std::string& text, std::string& why) {
  auto bytes = unescape(text, why);
  if (bytes && bytes->empty()) {
    why = "the text is empty; write e.g. --expect PONG";
    return {};
  }
  return bytes;
}

/// The options of `ping`, parsed.
struct PingOptions {
  TraceOptions trace;
  SocketGroup socket;
  ClientGroup client;
  TimeGroup time;
  StepGroup steps;
  Endpoint target;
  std::optional<int> count;
  std::optional<int> concurrency;
  std::chrono::milliseconds interval{1000};
  std::vector<std::string> send;
  std::string expect;
  std::string failures;  ///< the folder for the traces of failed tries

  void declare(OptionSet& set);
  void accept(const std::vector<std::string>& arguments);
  /// Lines for people are printed, on stdout.
  [[nodiscard]] bool prints() const {
    return trace.summary != "json" && !(trace.enabled() && trace.on_stdout());
  }

 private:
  OptionSet* set_ = nullptr;
};

void PingOptions::declare(OptionSet& set) {
  set_ = &set;
  static constexpr int most = 1'000'000'000;
  static constexpr int most_at_once = 100'000;
  Group g(set, "Ping");
  g.integer("--count", count, 1, most, "Make N tries (until it is interrupted)");
  g.duration("--interval", interval, "Begin a try this often; 0: as soon as it can (1s)");
  g.integer("--concurrency", concurrency, 1, most_at_once, "Allow N tries at the same time (1)");
  declare_send(g, send, "Send this and wait for the first answer (repeatable; C escapes)");
  g.value("--expect", "TEXT", expect, parse_expected,
          "Wait until the answer contains this; a try without it has failed");
  g.string("--save-failures", "DIR", failures,
           "Write the trace of each failed try into this folder");
  trace.declare(set);
  socket.declare(set);
  client.declare(set);
  time.declare(set);
  client.declare_limit(set);
  steps.declare(set);
}

void PingOptions::accept(const std::vector<std::string>& arguments) {
  // Its JSON is the summaries, unless more of the trace is asked for.
  if (trace.is_json() && trace.file.empty() && set_->given(Trait::about_trace).empty()) {
    trace.json = false;
    trace.trace.clear();
    trace.summary = "json";
  }
  trace.check();
  target = read_endpoint(arguments, Purpose::connecting, "ping");
  trace.check_kind(target.is_unix());
  socket.check(target.is_unix());
  client.check(target, socket);
  // A try that nobody answers must end, too.
  static constexpr std::chrono::milliseconds patience{5000};
  if (!set_->has("--timeout")) time.idle = patience;
  if (!set_->has("--connect-timeout")) client.dial.connect_timeout = patience;
  time.check(socket.options, target.is_unix());
  if (!set_->has("--timeout-action"))
    socket.options.timeout_action = net::Socket::TimeoutAction::destroy;
  steps.check(false, target.is_unix(), trace.layers);
  if (steps.given()) steps.check_data();
  if (steps.given() && !expect.empty()) {
    throw UsageError("--expect and steps cannot be combined; write the step expect data \"TEXT\"");
  }
  if (target.host.empty()) target.host = "localhost";
}

class PingRun;

/// One try: a connection, and what it was for. Owned by the run until it is over.
class Try : public ClientOwner, public net::SocketHandler {
 public:
  Try(PingRun& run, unsigned number);
  void open() { client_.open(); }
  [[nodiscard]] unsigned number() const { return number_; }
  [[nodiscard]] bool over() const { return over_; }
  /// The connection of this try; 0: none yet.
  [[nodiscard]] unsigned connection() const { return connection_; }

  void on_step_failed(const std::string& text);
  void end();

  net::SocketHandler& begin_try() override;
  void before_connect(net::Socket& socket) override;
  void after_connect(net::Socket& socket) override;
  void on_unreached(Exit status, const std::string& text) override;

  void on_connect(net::Socket& socket) override;
  void on_data(net::Socket& socket, std::string_view bytes) override;
  void on_end(net::Socket& socket) override;
  void on_timeout(net::Socket& socket, record::ev::TimeoutKind kind) override;
  void on_error(net::Socket& socket, const Error& error) override;
  void on_close(net::Socket& socket, bool had_error) override;

 private:
  void fail(Exit status, const std::string& why);

  PingRun& run_;
  unsigned number_;
  unsigned connection_ = 0;
  Client client_;
  net::Socket* socket_ = nullptr;
  flow::Delivery delivery_;
  std::optional<script::Search> search_;
  bool answered_ = false;
  bool over_ = false;
  Exit status_ = Exit::done;
  std::string why_;  ///< it failed, if the connection itself did not
};

/// Connects again and again, and counts. Lives on the session's loop, and is gone before the
/// session.
class PingRun {
 public:
  PingRun(Session& session, const PingOptions& options);
  /// The exit status.
  int run();

  Session& session() { return session_; }
  [[nodiscard]] const PingOptions& options() const { return options_; }
  script::Director* director() { return director_.get(); }
  void on_over(Try& done, Exit status, const std::string& why);
  /// What is reported of a connection is kept from its beginning until it is forgotten.
  void keep(unsigned connection) {
    if (failures_) failures_->keep(connection);
  }
  void forget(unsigned connection);

 private:
  /// Hears the summary of each connection.
  class Summaries : public trace::Sink {
   public:
    explicit Summaries(PingRun& run) : run_(run) {}
    void write(const record::Record& record) override {
      if (const auto* summary = std::get_if<record::note::Summary>(&record.body))
        run_.outcomes_[record.conn] = summary->outcome;
    }
    void flush() override {}

   private:
    PingRun& run_;
  };

  void make_director();
  void begin();
  void begin_more();
  [[nodiscard]] bool may_begin() const;
  Try* find(const net::Socket& socket);
  void count(const record::Outcome& outcome, bool unexpected);
  void report(const Try& done, const record::Outcome& outcome, const std::string& why);
  void save(const Try& failed, const std::string& trace);
  void finish();
  void write_out(const std::string& text);

  Session& session_;
  const PingOptions& options_;
  uv::Timer timer_;
  std::unique_ptr<script::Director> director_;
  Roster<Try> tries_;
  unsigned begun_ = 0;
  std::map<unsigned, std::shared_ptr<const record::Outcome>> outcomes_;
  std::shared_ptr<trace::FailureSink> failures_;  ///< null without --save-failures
  record::Tally tally_;
  Distribution lookup_;
  Distribution connect_;
  Distribution first_byte_;
  Distribution total_;
};

Try::Try(PingRun& run, unsigned number)
    : run_(run),
      number_(number),
      client_(run.session(), *this, run.options().target, run.options().client,
              run.options().socket.options),
      delivery_(
          run.session().loop(), [this] { socket_->destroy(); },
          [this](std::size_t) { socket_->destroy(); }) {
  if (!run.options().expect.empty()) search_.emplace(run.options().expect);
}

net::SocketHandler& Try::begin_try() {
  run_.forget(connection_);  // of the try before, with --retry
  run_.keep(run_.session().engine().upcoming_connection());
  return *this;
}

void Try::before_connect(net::Socket& socket) {
  socket_ = &socket;
  connection_ = socket.number();
  if (run_.director() != nullptr) run_.director()->watch(socket);
}

void Try::after_connect(net::Socket& socket) {
  if (run_.director() != nullptr) run_.director()->start(socket);
}

void Try::on_connect(net::Socket& socket) {
  client_.connected();
  if (run_.director() != nullptr) return;
  // Not from inside `connect`: `ready` comes first.
  run_.session().loop().next_tick([this, &socket] {
    if (socket_ == nullptr || socket.destroyed()) return;
    for (const std::string& text : run_.options().send)
      socket.write(text);
    if (run_.options().send.empty() && !search_) end();
  });
}

/// What the try was for is done: our FIN, and the end as soon as it is acknowledged.
void Try::end() {
  if (socket_ == nullptr || socket_->destroyed()) return;
  socket_->end();
  delivery_.start(*socket_);
}

void Try::on_data(net::Socket& /*socket*/, std::string_view bytes) {
  if (run_.director() != nullptr || answered_) return;
  if (search_ && !search_->find(bytes)) return;
  answered_ = true;
  if (!run_.options().send.empty() || search_) end();
}

void Try::on_end(net::Socket& /*socket*/) {
  if (run_.director() != nullptr || answered_) return;
  if (search_) {
    fail(Exit::expectation, "the answer ended without the text of --expect");
  } else if (!run_.options().send.empty()) {
    fail(Exit::expectation, "the peer ended without an answer");
  }
}

void Try::on_timeout(net::Socket& /*socket*/, record::ev::TimeoutKind kind) {
  if (kind == record::ev::TimeoutKind::idle) fail(Exit::timed_out, "");
}

void Try::on_step_failed(const std::string& text) {
  fail(Exit::expectation, text);
  if (socket_ != nullptr) socket_->destroy();
}

void Try::on_error(net::Socket& socket, const Error& error) {
  if (!client_.failed(socket, error)) fail(exit_of(error), "");
}

void Try::on_unreached(Exit status, const std::string& /*text*/) {
  fail(status, "");
}

void Try::fail(Exit status, const std::string& why) {
  if (status_ != Exit::done) return;
  status_ = status;
  why_ = why;
}

void Try::on_close(net::Socket& socket, bool /*had_error*/) {
  delivery_.stop();
  socket_ = nullptr;
  client_.closed();
  if (client_.connecting()) return;  // --retry
  // The summary follows `close`.
  run_.session().loop().next_tick([this, stopped = !socket.was_connected()] {
    if (status_ == Exit::done && stopped) status_ = Exit::failure;
    over_ = true;
    run_.on_over(*this, status_, why_);
  });
}

PingRun::PingRun(Session& session, const PingOptions& options)
    : session_(session),
      options_(options),
      timer_(session.loop(), [this] { begin_more(); }),
      tries_(session.loop()) {
  trace::Tracer& tracer = session.engine().tracer();
  tracer.add(std::make_shared<Summaries>(*this), {record::Layer::note});
  if (!options.failures.empty()) {
    if (::mkdir(options.failures.c_str(), 0777) != 0 && errno != EEXIST)
      throw std::system_error(errno, std::system_category(), display(options.failures));
    trace::Layers layers = options.trace.layers;
    layers.add(record::Layer::note);
    failures_ = std::make_shared<trace::FailureSink>(tracer.epoch(), options.trace.data);
    tracer.add(failures_, layers);
  }
  if (options.steps.given()) make_director();
  session.on_stop = [this] {
    timer_.stop();
    if (director_) director_->stop();
  };
  session.on_over = [this] { finish(); };
}

void PingRun::make_director() {
  director_ = run_steps(
      session_, options_.steps.script(), false,
      [this](net::Socket* socket, const std::string& text) {
        if (Try* failed = socket == nullptr ? nullptr : find(*socket)) {
          session_.loop().next_tick([failed, text] { failed->on_step_failed(text); });
        }
      },
      [this](net::Socket& socket, bool closed) {
        if (Try* passed = closed ? nullptr : find(socket)) passed->end();
      });
}

Try* PingRun::find(const net::Socket& socket) {
  for (Try& one : tries_) {
    if (one.connection() == socket.number()) return &one;
  }
  return nullptr;
}

int PingRun::run() {
  if (const std::string text = options_.client.warning(); !text.empty()) session_.say(text);
  begin_more();
  return session_.run();
}

bool PingRun::may_begin() const {
  return !session_.stopping() &&
         (!options_.count || begun_ < static_cast<unsigned>(*options_.count)) &&
         tries_.size() < static_cast<std::size_t>(options_.concurrency.value_or(1));
}

void PingRun::begin() {
  tries_.add(*this, ++begun_).open();
}

/// One try by the clock; without an interval as many as there is room for.
void PingRun::begin_more() {
  if (options_.interval.count() == 0) {
    while (may_begin())
      begin();
    return;
  }
  if (may_begin()) begin();
  const bool more = !options_.count || begun_ < static_cast<unsigned>(*options_.count);
  if (more && !session_.stopping()) timer_.start(options_.interval);
}

void PingRun::on_over(Try& done, Exit status, const std::string& why) {
  std::shared_ptr<const record::Outcome> outcome = std::make_shared<record::Outcome>();
  if (auto node = outcomes_.extract(done.connection())) outcome = node.mapped();
  const bool stopped = session_.stopping() && outcome->outcome != "ok" && why.empty();
  if (!stopped) {
    const bool unexpected = outcome->outcome == "ok" && status != Exit::done;
    count(*outcome, unexpected && status != Exit::timed_out);
    report(done, *outcome, why);
    if (status != Exit::done) {
      session_.conclude(status, fmt::format("try {} failed: {}", done.number(),
                                            why.empty() ? outcome->outcome : why));
      if (failures_) save(done, failures_->take(done.connection()));
    }
  }
  forget(done.connection());
  tries_.remove_later([this] {
    if (options_.interval.count() == 0) begin_more();
  });
}

void PingRun::forget(unsigned connection) {
  outcomes_.erase(connection);
  if (failures_) failures_->take(connection);
}

void PingRun::count(const record::Outcome& outcome, bool unexpected) {
  ++tally_.tries;
  const std::map<std::string_view, std::int64_t*> kinds{
      {"ok", &tally_.ok},       {"refused", &tally_.refused}, {"timeout", &tally_.timeout},
      {"reset", &tally_.reset}, {"blocked", &tally_.blocked}, {"lookup", &tally_.lookup},
      {"error", &tally_.error},
  };
  const auto kind = kinds.find(outcome.outcome);
  ++*(unexpected ? &tally_.unexpected : kind == kinds.end() ? &tally_.error : kind->second);
  if (outcome.lookup_us) lookup_.add(*outcome.lookup_us);
  if (outcome.connect_us) connect_.add(*outcome.connect_us);
  if (outcome.first_byte_us) first_byte_.add(*outcome.first_byte_us);
  if (outcome.total_us) total_.add(*outcome.total_us);
}

void PingRun::report(const Try& done, const record::Outcome& outcome, const std::string& why) {
  static constexpr double us_per_ms = 1000;
  if (!options_.prints() || options_.interval < least_told) return;
  std::string line = fmt::format("seq={} ", done.number());
  line += display(outcome.remote_address
                      ? record::brief_address(*outcome.remote_address, outcome.remote_port)
                      : options_.target.to_string());
  bool any = false;
  const auto add = [&](std::string_view name, std::optional<std::int64_t> us) {
    if (!us) return;
    append_format(line, " {}={:.3f}", name, static_cast<double>(*us) / us_per_ms);
    any = true;
  };
  add("lookup", outcome.lookup_us);
  add("connect", outcome.connect_us);
  add("first-byte", outcome.first_byte_us);
  if (any) line += " ms";
  line += outcome.outcome == "ok" && !why.empty() ? " unexpected" : " " + outcome.outcome;
  if (outcome.code) line += " " + *outcome.code;
  if (!why.empty()) line += ": " + display(why);
  write_out(line + "\n");
}

void PingRun::save(const Try& failed, const std::string& trace) {
  const std::string path = fmt::format("{}/{}.json", options_.failures, failed.number());
  const auto give_up = [&](int err) {
    session_.fail(Exit::failure,
                  fmt::format("cannot write {}: {}", display(path), errno_text(err)));
    session_.loop().next_tick([this] { session_.stop(); });
  };
  try {
    trace::Writer(create_file(path), true, give_up).buffer() = trace;
  } catch (const std::system_error& e) {
    give_up(e.code().value());
  }
}

void PingRun::write_out(const std::string& text) {
  if (const int err = trace::write_all(STDOUT_FILENO, text); err != 0) session_.output_failed(err);
}

/// The statistics, for people and for programs.
void PingRun::finish() {
  static constexpr double us_per_ms = 1000;
  tally_.lookup_us = record::spread_of(lookup_);
  tally_.connect_us = record::spread_of(connect_);
  tally_.first_byte_us = record::spread_of(first_byte_);
  tally_.total_us = record::spread_of(total_);
  trace::Tracer& tracer = session_.engine().tracer();
  tracer.emit(record::Role::none, 0, {},
              record::note::Statistics{std::make_shared<const record::Tally>(tally_)});
  if (!options_.prints()) return;
  std::string text = fmt::format("{} {}", tally_.tries, tally_.tries == 1 ? "try" : "tries");
  const auto add = [&](std::int64_t n, std::string_view what) {
    if (n > 0) append_format(text, ", {} {}", n, what);
  };
  add(tally_.ok, "ok");
  add(tally_.refused, "refused");
  add(tally_.timeout, "timed out");
  add(tally_.reset, "reset");
  add(tally_.blocked, "blocked");
  add(tally_.lookup, "without an address");
  add(tally_.error, "failed otherwise");
  add(tally_.unexpected, "unexpected");
  text += '\n';
  const auto row = [&](std::string_view name, const record::Spread& spread) {
    if (!spread.min) return;
    const auto ms = [](std::optional<std::int64_t> us) {
      return static_cast<double>(us.value_or(0)) / us_per_ms;
    };
    append_format(text, "{:<11} {:>10.3f} {:>10.3f} {:>10.3f} {:>10.3f} {:>10.3f}\n", name,
                  ms(spread.min), ms(spread.median), ms(spread.p95), ms(spread.p99),
                  ms(spread.max));
  };
  if (tally_.total_us.min) {
    append_format(text, "{:<11} {:>10} {:>10} {:>10} {:>10} {:>10}\n", "ms", "min", "median", "p95",
                  "p99", "max");
  }
  row("lookup", tally_.lookup_us);
  row("connect", tally_.connect_us);
  row("first byte", tally_.first_byte_us);
  row("total", tally_.total_us);
  write_out(text);
}

class Ping : public Program {
 public:
  void declare(OptionSet& set) override { options_.declare(set); }
  void accept(const std::vector<std::string>& arguments) override { options_.accept(arguments); }
  int run() override {
    Session session("ping", options_.trace, false, options_.socket.read_buffer,
                    options_.time.deadline);
    return PingRun(session, options_).run();
  }

 private:
  PingOptions options_;
};

}  // namespace

std::unique_ptr<Program> make_ping() {
  return std::make_unique<Ping>();
}

}  // namespace tcpkit::cmd
