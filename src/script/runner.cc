#include "script/runner.h"

#include <fmt/core.h>

#include <utility>

#include "base/duration.h"
#include "base/error.h"
#include "script/fields.h"

namespace tcpkit::script {
namespace {

std::vector<const Pattern*> expected_patterns(const Script& script, std::size_t first,
                                              std::size_t last) {
  std::vector<const Pattern*> patterns;
  for (std::size_t i = first; i < last; ++i) {
    if (const auto* e = std::get_if<Expect>(&script.steps[i].action)) {
      patterns.push_back(&e->pattern);
    }
  }
  return patterns;
}

std::string size_text(std::size_t bytes) {
  static constexpr std::string_view pattern = "0123456789abcdef";
  std::string text;
  text.reserve(bytes + pattern.size());
  while (text.size() < bytes)
    text += pattern;
  text.resize(bytes);
  return text;
}

}  // namespace

Runner::Runner(net::Engine& engine, const Script& script, std::size_t first, std::size_t last,
               net::Socket* socket, Hooks hooks)
    : engine_(engine),
      script_(script),
      at_(first),
      last_(last),
      released_(first),
      socket_(socket),
      number_(socket == nullptr ? 0 : socket->number()),
      role_(socket == nullptr     ? record::Role::listener
            : socket->is_client() ? record::Role::client
                                  : record::Role::server),
      hooks_(std::move(hooks)),
      matcher_(expected_patterns(script, first, last)),
      lifecycle_(role_ == record::Role::server),
      looks_at_calls_(looks_at(script, record::Layer::call)),
      timer_(engine.loop(), [this] { on_clock(); }) {}

void Runner::start() {
  started_ = true;
  released_ = last_;
  advance();
}

void Runner::next() {
  started_ = true;
  if (released_ < last_) ++released_;
  advance();
}

void Runner::stop() {
  over_ = true;
  deferred_.clear();
  if (!running_) end_waiting();
  // It can neither send a FIN nor hear one: there is nothing to wait for.
  if (vanished_ && socket_ != nullptr) socket_->destroy();
}

void Runner::end_waiting() {
  timer_.stop();
  feed_.reset();
}

void Runner::see(const record::Record& record) {
  const record::Layer layer = record.layer();
  const bool is_call = layer == record::Layer::call;
  const auto* close = std::get_if<record::ev::Close>(&record.body);
  lifecycle_.see(record);
  if (!is_call || looks_at_calls_) {
    const std::size_t met = matcher_.met();
    matcher_.see(record);
    History& history = histories_[layer];
    if (matcher_.met() == met) {
      history.see(record);
    } else {
      history.clear();
      const bool is_data = std::holds_alternative<record::ev::Data>(record.body);
      if (is_data && matcher_.rest() > 0) history.see(record, matcher_.rest());
    }
    if (refuted_ != nullptr && refuted_by_.empty() && matches(record, *refuted_)) {
      const auto* data = std::get_if<record::ev::Data>(&record.body);
      std::string_view bytes = data == nullptr ? std::string_view() : data->payload.bytes;
      if (!refuted_text_ || refuted_text_->find(bytes)) {
        refuted_by_ = describe(record);
        if (data != nullptr) refuted_by_ += " " + shown_bytes(data->payload.bytes);
      }
    }
  }
  if (record::is_one_of<record::ev::Connect>(record.body)) apply_deferred();
  if (record::is_one_of<record::ev::Drain>(record.body) && feed_) feed_->drained();
  if (close != nullptr && record.role == role_ && socket_ != nullptr) on_close(*close);
  if (layer == record::Layer::kernel || layer == record::Layer::wire || is_call) {
    advance_soon();
  } else {
    advance();
  }
}

/// For a record that is emitted in the midst of looking at the connection (kernel, wire) or of a
/// call on it, which a step may end.
void Runner::advance_soon() {
  if (std::exchange(soon_, true)) return;
  engine_.loop().next_tick([this, alive = std::weak_ptr<bool>(alive_)] {
    if (alive.expired()) return;
    soon_ = false;
    advance();
  });
}

void Runner::on_close(const record::ev::Close& close) {
  socket_ = nullptr;
  const bool of_stdin = stdin_until_ > close.bytes_written - close.unsent;
  // An error has its own line, with the bytes that were sent.
  if (close.unsent > 0 && !vanished_ && (of_stdin || !close.had_error) && hooks_.unsent) {
    const std::string bytes =
        close.unsent == 1 ? "byte was" : fmt::format("{} bytes were", close.unsent);
    hooks_.unsent(fmt::format("connection {} ended before its last {} sent{}", number_, bytes,
                              of_stdin ? "; bytes of stdin are lost" : ""),
                  of_stdin);
  }
  deferred_.clear();
  if (vanished_ == os::Vanished::deaf && hooks_.notice) {
    hooks_.notice(
        "vanish: without CAP_NET_ADMIN the kernel now sends a FIN; unshare --user --map-root-user "
        "--net gives it, in a network of its own");
  }
}

void Runner::advance() {
  // A step may cause events, and they come back here: the loop below goes on by itself.
  if (!started_ || over_ || std::exchange(running_, true)) return;
  while (!over_ && at_ < released_ && perform(script_.steps[at_])) {
    ++at_;
    clock_ = Clock::stopped;
    timer_.stop();
    if (hooks_.passed) hooks_.passed();
  }
  running_ = false;
  if (over_) return end_waiting();
  if (at_ < last_ || !deferred_.empty()) return;
  over_ = true;
  if (hooks_.over) hooks_.over();
}

/// Starts the time of the step that waits; true once it is over.
bool Runner::start_clock(std::chrono::milliseconds duration) {
  if (clock_ == Clock::stopped) {
    clock_ = Clock::running;
    timer_.start(duration);
  }
  return clock_ == Clock::expired;
}

void Runner::on_clock() {
  clock_ = Clock::expired;
  advance();
}

void Runner::fail(const Step& step, const std::string& what) {
  if (over_) return;
  over_ = true;
  failed_ = true;
  if (!running_) end_waiting();
  // Nobody else would let go of a pause that a step asked for.
  if (socket_ != nullptr) socket_->resume(net::Socket::Pauser::user);
  if (hooks_.failed) {
    hooks_.failed(
        fmt::format("{}: {}: {}", place(script_.file, step.line), shown(step.text), what));
  }
  if (hooks_.over) hooks_.over();
}

void Runner::note(const std::string& text) {
  if (engine_.tracer().wants(record::Layer::note)) {
    engine_.tracer().emit(role_, number_, {}, record::note::Message{text});
  }
}

/// True where the connection is gone: the step is a note.
bool Runner::closed(const Step& step) {
  if (socket_ != nullptr && !socket_->destroyed()) return false;
  note(fmt::format("{}: {}: the connection is closed", place(script_.file, step.line),
                   shown(step.text)));
  return true;
}

void Runner::apply_deferred() {
  for (const Step* step : std::exchange(deferred_, {})) {
    if (socket_ == nullptr || !apply(*step)) return;
  }
}

/// `set` and `vanish`, which need the connection itself. False: failed.
bool Runner::apply(const Step& step) {
  if (const auto* set = std::get_if<Set>(&step.action)) {
    const auto failed = socket_->change(set->change);
    if (!failed) return true;
    fail(step, fmt::format("{}: {} ({})", failed->option, errno_text(failed->err),
                           errno_code(failed->err)));
    return false;
  }
  if (vanished_) return true;
  const os::Vanished vanished = os::vanish(socket_->fd());
  if (vanished == os::Vanished::refused) {
    fail(step,
         "the kernel lets nobody drop what comes in here without CAP_NET_ADMIN; run both ends in "
         "unshare --user --map-root-user --net (and there: ip link set lo up)");
    return false;
  }
  vanished_ = vanished;
  socket_->emit(record::note::Vanish{{"vanish"}});
  closed_by_step_ = true;
  socket_->cut();
  return true;
}

/// One step. Each returns true where it has passed; false where it waits or has failed.
struct Runner::Perform {
  Runner& r;
  const Step& step;

  [[nodiscard]] bool can_send() const {
    if (r.vanished_ != os::Vanished::deaf) return true;
    r.fail(step, "this end has vanished and, without CAP_NET_ADMIN, sends nothing any more");
    return false;
  }
  [[nodiscard]] bool send(std::string_view bytes) const {
    if (r.closed(step)) return true;
    if (!can_send()) return false;
    r.socket_->write(bytes);
    return true;
  }
  /// The four ways to close.
  template <class F>
  bool close(F&& method) const {
    if (r.closed(step)) return true;
    r.closed_by_step_ = true;
    method(*r.socket_);
    return true;
  }
  [[nodiscard]] bool now_or_when_connected() const {
    if (r.closed(step)) return true;
    if (r.socket_->connected()) return r.apply(step);
    r.deferred_.push_back(&step);
    return true;
  }

  bool operator()(const SendText& s) const { return send(s.bytes); }
  bool operator()(const SendSize& s) const { return send(size_text(s.bytes)); }
  bool operator()(const SendFile& s) const {
    if (r.closed(step)) {
      r.feed_.reset();
      return true;
    }
    if (!can_send()) return false;
    if (r.feed_ == nullptr) {
      // In the next tick: the feed may be gone when advance() returns.
      r.feed_ = std::make_unique<Feed>(*r.socket_, s.path, [&runner = r] {
        runner.engine_.loop().next_tick([&runner] { runner.advance(); });
      });
      r.socket_->on_write_failed = [&runner = r, alive = std::weak_ptr<bool>(r.alive_)] {
        if (!alive.expired()) runner.advance();
      };
    }
    const Feed::State state = r.feed_->run();
    if (s.path == "-" && r.feed_->sent()) r.stdin_until_ = r.socket_->bytes_written();
    if (state == Feed::State::going) return false;
    const std::unique_ptr<Feed> feed = std::move(r.feed_);
    if (state == Feed::State::done) return true;
    r.fail(step, fmt::format("cannot read it: {}", errno_text(feed->error())));
    return false;
  }
  bool operator()(const End& /*e*/) const {
    return close([](net::Socket& s) { s.end(); });
  }
  bool operator()(const Destroy& /*d*/) const {
    if (r.socket_ != nullptr && r.socket_->connecting() && r.hooks_.notice) {
      r.hooks_.notice(place(r.script_.file, step.line) +
                      ": destroy: there is no connection yet; the attempt is abandoned");
    }
    return close([](net::Socket& s) { s.destroy(); });
  }
  bool operator()(const DestroySoon& /*d*/) const {
    return close([](net::Socket& s) { s.destroy_soon(); });
  }
  bool operator()(const Reset& /*x*/) const {
    bool resets = true;
    const bool passed = close([&resets](net::Socket& s) { resets = s.reset_and_destroy(); });
    if (resets) return passed;
    r.fail(step, "the kernel refused SO_LINGER, so that a FIN went out instead of a RST");
    return false;
  }
  bool operator()(const Pause& /*p*/) const {
    if (!r.closed(step)) r.socket_->pause(net::Socket::Pauser::user);
    return true;
  }
  bool operator()(const Resume& /*p*/) const {
    if (!r.closed(step)) r.socket_->resume(net::Socket::Pauser::user);
    return true;
  }
  bool operator()(const Set& /*s*/) const { return now_or_when_connected(); }
  bool operator()(const Vanish& /*v*/) const { return now_or_when_connected(); }
  bool operator()(const Sleep& s) const { return r.start_clock(s.duration); }
  bool operator()(const Note& n) const {
    r.note(n.text);
    return true;
  }
  bool operator()(const Expect& e) const {
    if (r.matcher_.met() > r.expected_) {
      ++r.expected_;
      return true;
    }
    if (!r.lifecycle_.may_come(*e.pattern.kind)) {
      r.fail(step, fmt::format("it can no longer come; what came: {}",
                               r.histories_[e.pattern.kind->layer].text()));
    } else if (r.start_clock(e.within)) {
      r.fail(step, fmt::format("not within {}; what came: {}", format_duration(e.within),
                               r.histories_[e.pattern.kind->layer].text()));
    }
    return false;
  }
  bool operator()(const Refute& x) const {
    if (r.refuted_ == nullptr) {
      r.refuted_ = &x.pattern;
      r.refuted_by_.clear();
      r.refuted_text_.reset();
      if (!x.pattern.text.empty()) r.refuted_text_.emplace(x.pattern.text);
    }
    if (!r.refuted_by_.empty()) {
      r.fail(step, "it came: " + r.refuted_by_);
      return false;
    }
    if (r.lifecycle_.may_come(*x.pattern.kind) && !r.start_clock(x.duration)) return false;
    r.refuted_ = nullptr;
    return true;
  }
};

bool Runner::perform(const Step& step) {
  return std::visit(Perform{*this, step}, step.action);
}

}  // namespace tcpkit::script
