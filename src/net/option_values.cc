// What a user types for a socket option, and what becomes of it.
#include <fmt/core.h>

#include <algorithm>
#include <chrono>

#include "base/duration.h"
#include "base/escape.h"
#include "base/integer.h"
#include "base/size.h"
#include "net/socket_options.h"

namespace tcpkit::net {
namespace {

using Kind = SocketOption::Kind;

constexpr int probe_interval = 1;  // Node's, in seconds
constexpr int probe_count = 10;

std::optional<int> parse_octet(const std::string& text, int most, std::string& why) {
  if (!text.starts_with("0x")) return parse_integer(text, 0, most, why);
  if (text.size() > 2 && text.size() < 5 &&
      text.find_first_not_of("0123456789abcdefABCDEF", 2) == std::string::npos) {
    return std::stoi(text, nullptr, 16);
  }
  why = fmt::format("'{}' is not a byte; write 0 to 255, or 0x00 to 0xff", display(text));
  return {};
}

std::optional<int> parse_bytes(const SocketOption& option, const std::string& text,
                               std::string& why) {
  const auto size = parse_size(text, why);
  if (!size) return {};
  if (*size >= static_cast<std::uint64_t>(option.least) &&
      *size <= static_cast<std::uint64_t>(option.most)) {
    return static_cast<int>(*size);
  }
  why =
      fmt::format("'{}' is out of range: {} to {} bytes", display(text), option.least, option.most);
  return {};
}

std::optional<int> parse_milliseconds(const std::string& text, std::string& why) {
  const auto time = parse_duration(text, why);
  if (!time) return {};
  return static_cast<int>(time->count());  // a duration has at most INT32_MAX of them
}

std::optional<int> parse_number(const SocketOption& option, const std::string& text,
                                std::string& why) {
  switch (option.kind) {
    case Kind::milliseconds:
      return parse_milliseconds(text, why);
    case Kind::seconds:
    case Kind::linger: {
      const auto time = parse_duration(text, why);
      if (!time) return {};
      return whole_seconds(*time, option.least, option.most, why);
    }
    case Kind::bytes:
      return parse_bytes(option, text, why);
    case Kind::octet:
      return parse_octet(text, option.most, why);
    case Kind::number:
    case Kind::flag:
    case Kind::text:
      break;
  }
  return parse_integer(text, option.least, option.most, why);
}

}  // namespace

std::optional<int> whole_seconds(std::chrono::milliseconds value, int least, int most,
                                 std::string& why) {
  static constexpr int ms_per_s = 1000;
  const auto seconds = value.count() / ms_per_s;
  if (value.count() % ms_per_s == 0 && seconds >= least && seconds <= most)
    return static_cast<int>(seconds);
  why = fmt::format("{} is not possible: the kernel counts whole seconds, {} to {}; e.g. 3s",
                    format_duration(value), least, most);
  return {};
}

void SocketOptions::set(std::string_view symbol, Value value) {
  const SocketOption* option = &option_of(symbol);
  const auto at = std::lower_bound(entries_.begin(), entries_.end(), option,
                                   [](const Entry& e, const auto* o) { return e.first < o; });
  if (at != entries_.end() && at->first == option) {
    at->second = std::move(value);
  } else {
    entries_.emplace(at, option, std::move(value));
  }
}

bool SocketOptions::read(const SocketOption& option, const std::string& text, std::string& why) {
  if (!option.optional.empty()) {
    if (!read(option_of(option.optional), text, why)) return false;
    if (!has("TCP_KEEPINTVL")) set("TCP_KEEPINTVL", probe_interval);
    if (!has("TCP_KEEPCNT")) set("TCP_KEEPCNT", probe_count);
    set(option.set.symbol, 1);
    return true;
  }
  if (option.kind == Kind::text) {
    if (text.empty()) {
      why = "the value is empty";
      return false;
    }
    set(option.set.symbol, text);
    return true;
  }
  const auto number = parse_number(option, text, why);
  if (number) set(option.set.symbol, *number);
  return number.has_value();
}

bool SocketOptions::read_change(const SocketOption& option, const std::string& text,
                                std::string& why) {
  const bool is_switch = text == "on" || text == "off";
  if (option.kind != Kind::flag || (!is_switch && !option.optional.empty()))
    return read(option, text, why);
  if (is_switch) {
    set(option.set.symbol, text == "on" ? 1 : 0);
  } else {
    why = fmt::format("it takes on or off; write set {}=on", option.name);
  }
  return is_switch;
}

const SocketOptions::Value* SocketOptions::find(std::string_view symbol) const {
  const auto it = std::find_if(entries_.begin(), entries_.end(),
                               [&](const Entry& e) { return e.first->set.symbol == symbol; });
  return it == entries_.end() ? nullptr : &it->second;
}

void SocketOptions::drop_tcp_only() {
  std::erase_if(entries_, [](const Entry& entry) { return entry.first->tcp_only; });
}

std::optional<int> SocketOptions::number(std::string_view symbol) const {
  const Value* value = find(symbol);
  return value == nullptr ? std::nullopt : std::optional(std::get<int>(*value));
}

std::string SocketOptions::text(std::string_view symbol) const {
  const Value* value = find(symbol);
  return value == nullptr ? std::string() : std::get<std::string>(*value);
}

}  // namespace tcpkit::net
