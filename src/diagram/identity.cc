#include "diagram/identity.h"

#include <fmt/core.h>

#include <cstdlib>
#include <string_view>

#include "base/escape.h"

namespace tcpkit::diagram {

std::uint32_t Identity::program(const record::Line& line) {
  // `t` and `time` are cut to microseconds, each by itself.
  static constexpr std::int64_t tolerance = 2000;
  const auto slice_of = [](std::int64_t time) {
    static constexpr int bits = 15;  // a few programs at most, and seldom two slices to look at
    return static_cast<std::uint64_t>(time >> bits);
  };
  const std::int64_t start =
      line.wall ? *line.wall - static_cast<std::int64_t>(line.nanoseconds) : 0;
  const auto near = [&](std::uint32_t n) { return std::abs(starts_[n] - start) <= tolerance; };
  const std::uint64_t last = slice_of(start + tolerance);
  for (std::uint64_t slice = slice_of(start - tolerance); slice != last + 1; ++slice) {
    const std::uint32_t found = programs_.find(slice, near);
    if (found != Index::none) return found;
  }
  starts_.push_back(start);
  programs_.add([&](std::uint32_t n) { return slice_of(starts_[n]); });
  return static_cast<std::uint32_t>(starts_.size() - 1);
}

std::uint64_t Identity::Key::hash() const {
  return ((std::uint64_t{program} << 40U) ^ (std::uint64_t{actor} << 20U) ^ conn) * 2 +
         (server ? 1 : 0);
}

std::optional<std::uint32_t> Identity::connection(const record::Line& line) {
  const record::Record& record = line.record;
  if (record.conn == 0 || record.role == record::Role::none) return {};
  std::uint32_t actor = 0;
  if (!record.actor.empty()) {
    const auto next = static_cast<std::uint32_t>(actor_names_.size() + 1);
    const auto [it, added] = actors_.try_emplace(std::string(record.actor), next);
    if (added) actor_names_.push_back(&it->first);
    actor = it->second;
  }
  const Key key{program(line), actor, record.conn, record.role != record::Role::client};
  const std::uint32_t found =
      connections_.find(key.hash(), [&](std::uint32_t n) { return keys_[n] == key; });
  if (found != Index::none) return found;
  keys_.push_back(key);
  connections_.add([&](std::uint32_t n) { return keys_[n].hash(); });
  return static_cast<std::uint32_t>(keys_.size() - 1);
}

std::uint32_t Identity::twin_of(std::uint32_t connection) const {
  Key key = keys_[connection];
  key.server = !key.server;
  return connections_.find(key.hash(), [&](std::uint32_t n) { return keys_[n] == key; });
}

std::string Identity::name_of(std::uint32_t connection) const {
  const Key& key = keys_[connection];
  if (key.actor == 0) return fmt::format("{} {}", key.server ? "server" : "client", key.conn);
  return fmt::format("{} {}", display_start(*actor_names_[key.actor - 1], 20), key.conn);
}

}  // namespace tcpkit::diagram
