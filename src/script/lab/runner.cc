#include "script/lab/runner.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "os/namespace.h"

namespace tcpkit::script {

LabRunner::LabRunner(uv::Loop& loop, trace::Tracer& tracer, const Lab& lab, const LabStage& stage,
                     Hooks hooks)
    : tracer_(tracer), lab_(lab), stage_(stage), hooks_(std::move(hooks)), timer_(loop, [this] {
        passed();
      }) {
  actors_.emplace_back();
  for (std::size_t i = 1; i < lab.actors.size(); ++i) {
    LabActor::Hooks actor_hooks{
        [this] { passed(); },
        [this](const std::string& text) { end(hooks_.failed, text); },
        [this](const std::string& text) { end(hooks_.broken, text); },
        hooks_.notice,
    };
    actors_.push_back(std::make_unique<LabActor>(loop, tracer.epoch(), lab, i, stage_, wire_,
                                                 std::move(actor_hooks)));
  }
}

void LabRunner::advance() {
  // A line may be done before it has begun; the loop below goes on by itself.
  if (over_ || std::exchange(running_, true)) return;
  while (!over_ && at_ < lab_.lines.size()) {
    if (!std::exchange(begun_, true)) begin(lab_.lines[at_]);
    if (!done_) break;
    done_ = begun_ = false;
    ++at_;
  }
  running_ = false;
  if (over_ || at_ < lab_.lines.size()) return;
  over_ = true;
  hooks_.over();
}

void LabRunner::begin(const LabLine& line) {
  if (line.actor == 0) return begin_own(line);
  const auto* opening = std::get_if<Opening>(&line.action);
  actors_[line.actor]->begin(line, opening == nullptr ? nullptr : address_of(opening->other));
}

/// The lab's own: the cable, a pause, a note.
void LabRunner::begin_own(const LabLine& line) {
  if (const auto* cable = std::get_if<Cable>(&line.action)) {
    if (cable->up) {
      tracer_.emit(record::Role::none, 0, {}, record::note::Heal{{"heal"}});
    } else {
      tracer_.emit(record::Role::none, 0, {}, record::note::Cut{{"cut"}});
    }
    const int err = os::set_loopback(cable->up);
    if (err == 0) return passed();
    return end(hooks_.broken, fmt::format("{}: {}: {} ({})", place(lab_.file, line.line),
                                          shown(line.text), errno_text(err), errno_code(err)));
  }
  const auto& step = std::get<Step>(line.action);
  if (const auto* sleep = std::get_if<Sleep>(&step.action)) return timer_.start(sleep->duration);
  if (const auto* note = std::get_if<Note>(&step.action)) {
    tracer_.emit(record::Role::none, 0, {}, record::note::Message{note->text});
  }
  passed();
}

void LabRunner::passed() {
  done_ = true;
  advance();
}

void LabRunner::end(const std::function<void(const std::string& text)>& hook,
                    const std::string& text) {
  if (std::exchange(over_, true)) return;
  timer_.stop();
  hook(text);
}

void LabRunner::stop() {
  over_ = true;
  timer_.stop();
  for (const auto& actor : actors_) {
    if (actor) actor->stop();
  }
}

void LabRunner::destroy() {
  for (const auto& actor : actors_) {
    if (actor) actor->destroy();
  }
}

const Address* LabRunner::address_of(const std::string& name) const {
  const auto found = std::find(lab_.actors.begin(), lab_.actors.end(), name);
  const auto index = static_cast<std::size_t>(found - lab_.actors.begin());
  return index == 0 || index >= actors_.size() ? nullptr : actors_[index]->address();
}

}  // namespace tcpkit::script
