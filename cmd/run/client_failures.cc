#include "cmd/run/client_failures.h"

#include <fmt/core.h>

#include <chrono>
#include <utility>

namespace tcpkit::cmd {
namespace {

constexpr std::chrono::seconds between_lines{1};

}  // namespace

ClientFailures::ClientFailures(uv::Loop& loop, std::function<void(const std::string& text)> say)
    : say_(std::move(say)), pause_(loop, [this] {
        if (waiting_ == 0) return;
        flush();
        pause_.start(between_lines);
      }) {
  pause_.unref();
}

void ClientFailures::add(const std::string& text) {
  latest_ = text;
  ++waiting_;
  if (pause_.active()) return;
  flush();
  pause_.start(between_lines);
}

void ClientFailures::flush() {
  if (waiting_ == 0) return;
  const std::size_t others = std::exchange(waiting_, 0) - 1;
  if (others == 0) return say_(latest_);
  say_(fmt::format("{} ({} more client{} failed since the last line)", latest_, others,
                   others == 1 ? "" : "s"));
}

}  // namespace tcpkit::cmd
