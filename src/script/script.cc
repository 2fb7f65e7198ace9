#include "script/script.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/escape.h"

namespace tcpkit::script {
namespace {

bool needs_connection(const Step& step) {
  if (pattern_of(step) != nullptr) return !looks_at_listener(step);
  return !std::holds_alternative<Sleep>(step.action) && !std::holds_alternative<Note>(step.action);
}

}  // namespace

std::string place(const std::string& file, std::size_t line) {
  return file.empty() ? fmt::format("--do {}", line) : fmt::format("{}:{}", display(file), line);
}

std::string shown(std::string_view text) {
  static constexpr std::size_t most = 80;  // bytes: a line of a megabyte stays one line
  if (text.size() <= most) return display(text);
  std::size_t end = most;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U)
    --end;  // not inside a UTF-8 sequence
  return display(text.substr(0, end)) + "...";
}

const Pattern* pattern_of(const Step& step) {
  if (const auto* expect = std::get_if<Expect>(&step.action)) return &expect->pattern;
  if (const auto* refute = std::get_if<Refute>(&step.action)) return &refute->pattern;
  return nullptr;
}

bool looks_at_listener(const Step& step) {
  const Pattern* pattern = pattern_of(step);
  return pattern != nullptr && pattern->kind->of_listener;
}

bool looks_at(const Step& step, record::Layer layer) {
  const Pattern* pattern = pattern_of(step);
  return pattern != nullptr && pattern->kind->layer == layer;
}

bool looks_at(const Script& script, record::Layer layer) {
  return std::any_of(script.steps.begin(), script.steps.end(),
                     [&](const Step& step) { return looks_at(step, layer); });
}

std::size_t count_prelude(const Script& script) {
  const auto first = std::find_if(script.steps.begin(), script.steps.end(), needs_connection);
  return static_cast<std::size_t>(first - script.steps.begin());
}

}  // namespace tcpkit::script
