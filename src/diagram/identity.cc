#include "diagram/identity.h"

#include <fmt/format.h>

#include <string_view>

#include "base/escape.h"

namespace tcpkit::diagram {

std::uint32_t Identity::program(const Entry& entry) {
  // `t` and `time` are cut to microseconds, each by itself.
  static constexpr std::int64_t tolerance = 2000;
  const std::int64_t start =
      entry.wall ? *entry.wall - static_cast<std::int64_t>(entry.nanoseconds) : 0;
  const auto it = programs_.lower_bound(start - tolerance);
  if (it != programs_.end() && it->first <= start + tolerance) return it->second;
  const auto number = static_cast<std::uint32_t>(starts_.size());
  starts_.push_back(start);
  programs_.emplace(start, number);
  return number;
}

std::size_t Identity::Hash::operator()(const Key& key) const {
  const std::uint64_t mixed =
      (std::uint64_t{key.program} << 40U) ^ (std::uint64_t{key.actor} << 20U) ^ key.conn;
  return std::hash<std::uint64_t>()(mixed * 2 + (key.server ? 1 : 0));
}

std::optional<std::uint32_t> Identity::connection(const Entry& entry) {
  if (!entry.conn || entry.role == trace::Role::none) return {};
  const std::uint32_t actor =
      entry.actor.empty()
          ? 0
          : actors_.emplace(entry.actor, static_cast<std::uint32_t>(actors_.size() + 1))
                .first->second;
  const Key key{program(entry), actor, static_cast<std::uint32_t>(*entry.conn),
                entry.role != trace::Role::client};
  const auto number = static_cast<std::uint32_t>(connections_.size());
  return connections_.emplace(key, number).first->second;
}

std::string Identity::address(const std::string& host, const Entry::Number& port) {
  static constexpr std::string_view mapped = "::ffff:";
  if (host.empty()) return {};
  std::string_view plain = host;
  if (plain.starts_with(mapped) && plain.find('.') != std::string_view::npos) {
    plain.remove_prefix(mapped.size());
  }
  std::string shown = display_start(plain);
  if (!port) return shown;
  if (plain.find(':') != std::string_view::npos) return fmt::format("[{}]:{}", shown, *port);
  return fmt::format("{}:{}", shown, *port);
}

}  // namespace tcpkit::diagram
