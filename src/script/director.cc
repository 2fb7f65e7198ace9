#include "script/director.h"

#include <algorithm>
#include <utility>

namespace tcpkit::script {
namespace {

/// The layers whose records the steps look at.
trace::Layers layers_of(const Script& script) {
  trace::Layers layers{record::Layer::event, record::Layer::call};
  for (const Step& step : script.steps) {
    if (const Pattern* pattern = pattern_of(step)) layers.add(pattern->kind->layer);
  }
  return layers;
}

}  // namespace

Director::Director(net::Engine& engine, const Script& script, bool listener, Hooks hooks)
    : engine_(engine),
      script_(script),
      hooks_(std::move(hooks)),
      prelude_(listener ? count_prelude(script) : 0) {
  const auto own = script.steps.begin() + static_cast<std::ptrdiff_t>(prelude_);
  hears_listener_ = std::any_of(own, script.steps.end(), looks_at_listener);
  if (listener) {
    listener_ = std::make_unique<Runner>(engine, script, 0, prelude_, nullptr,
                                         Runner::Hooks{[this](const std::string& text) {
                                                         if (hooks_.failed)
                                                           hooks_.failed(nullptr, text);
                                                       },
                                                       nullptr, [this] { begin_waiting(); }});
  }
  engine.tracer().observe(this, layers_of(script));
}

Director::~Director() {
  engine_.tracer().observe(nullptr, {});
}

void Director::start_listener() {
  listener_->start();
}

void Director::watch(net::Socket& socket) {
  if (stopped_) return;
  const unsigned number = socket.number();
  connections_[number] = std::make_unique<Runner>(engine_, script_, prelude_, script_.steps.size(),
                                                  &socket, hooks_for(number));
  early_.give(number, *connections_[number]);
}

Runner::Hooks Director::hooks_for(unsigned number) {
  const auto socket = [this, number] { return connections_.at(number)->socket(); };
  return {[this, socket](const std::string& text) {
            if (hooks_.failed) hooks_.failed(socket(), text);
          },
          [this](const std::string& text) {
            if (hooks_.notice) hooks_.notice(text);
          },
          [this, socket, number] {
            Runner& runner = *connections_.at(number);
            if (net::Socket* open = socket();
                open != nullptr && hooks_.passed && !runner.failed()) {
              hooks_.passed(*open, runner.closed_by_step());
            }
            forget_gone(number);
          },
          nullptr,
          [this](const std::string& text, bool of_stdin) {
            if (hooks_.unsent) hooks_.unsent(text, of_stdin);
          }};
}

void Director::start(net::Socket& socket) {
  if (listener_ != nullptr && !listener_->over()) {
    waiting_.push_back(socket.number());
  } else if (const auto it = connections_.find(socket.number()); it != connections_.end()) {
    it->second->start();
  }
}

void Director::begin_waiting() {
  for (const unsigned number : std::exchange(waiting_, {})) {
    if (const auto it = connections_.find(number); it != connections_.end()) it->second->start();
  }
}

void Director::stop() {
  stopped_ = true;
  waiting_.clear();
  if (listener_ != nullptr) listener_->stop();
  for (auto& [number, runner] : connections_)
    runner->stop();
}

void Director::on_record(const record::Record& record) {
  if (record.role == record::Role::listener) {
    if (listener_ != nullptr) listener_->see(record);
    if (!hears_listener_) return;
    for (auto& [number, runner] : connections_)
      runner->see(record);
    return;
  }
  if (record.conn == 0) {  // a note of the program itself
    if (listener_ != nullptr) listener_->see(record);
    for (auto& [number, runner] : connections_)
      runner->see(record);
    return;
  }
  const auto it = connections_.find(record.conn);
  if (it == connections_.end()) return early_.keep(record);
  it->second->see(record);
  if (record::is_one_of<record::ev::Close>(record.body)) forget_gone(record.conn);
}

/// Frees the runner of a connection that is closed and whose steps are over; not now: it may be the
/// one that calls.
void Director::forget_gone(unsigned number) {
  later_.defer([this, number] {
    const auto it = connections_.find(number);
    if (it == connections_.end()) return;
    if (it->second->over() && it->second->socket() == nullptr) connections_.erase(it);
  });
}

}  // namespace tcpkit::script
