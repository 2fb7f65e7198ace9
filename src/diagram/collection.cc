#include "diagram/collection.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/escape.h"
#include "diagram/wording.h"

namespace tcpkit::diagram {
namespace {

using record::Layer;
using record::Role;

constexpr std::size_t longest_name = 20;
/// A name has fewer addresses; a trace that says otherwise shall not cost more.
constexpr std::size_t most_attempts = 64;

Row::Kind kind_of(const Entry& e) {
  switch (e.layer.value_or(Layer::note)) {
    case Layer::call:
      return Row::Kind::call;
    case Layer::event:
      return e.event == "error" || e.event == "connectionAttemptFailed" ? Row::Kind::error
                                                                        : Row::Kind::event;
    case Layer::kernel:
      return e.event == "state" ? Row::Kind::state : Row::Kind::kernel;
    case Layer::wire:
      return Row::Kind::segment;
    case Layer::note:
      break;
  }
  return Row::Kind::note;
}

std::uint64_t bytes_of(const Entry& e) {
  const Entry::Number& bytes = e.event == "finish" ? e.bytes_written : e.bytes;
  return static_cast<std::uint64_t>(std::max<std::int64_t>(bytes.value_or(0), 0));
}

}  // namespace

std::uint32_t Collection::intern(const std::string& address) {
  if (address.empty()) return 0;
  const auto [it, added] = numbers_.emplace(address, static_cast<std::uint32_t>(addresses_.size()));
  if (added) addresses_.push_back(address);
  return it->second;
}

Item Collection::make_item(const Entry& entry, std::int64_t at) const {
  Item item;
  item.nanoseconds = at;
  item.order = count_;
  item.bytes = bytes_of(entry);
  item.kind = kind_of(entry);
  item.origin = origin_of(entry);
  item.inferred_state = item.kind == Row::Kind::state && entry.inferred.value_or(false);
  item.hints = infer(entry);
  if (item.kind == Row::Kind::note) {
    item.text = note_words(entry);
  } else if (item.kind == Row::Kind::segment) {
    item.text = segment_words(entry);
    item.brief = brief_segment_words(entry);
  } else {
    item.text = words_of(entry);
  }
  return item;
}

/// Takes from a record what it tells of the connection itself.
void Collection::learn(End& end, const Entry& e) {
  if (e.layer == Layer::call && e.event == "connect") {
    end.target = e.path.empty() ? Identity::address(e.host, e.port) : display_start(e.path);
    end.is_unix = end.is_unix || !e.path.empty();
    return;
  }
  if (e.layer != Layer::event) return;
  if (e.event == "connectionAttempt") {
    const std::uint32_t attempt = intern(Identity::address(e.ip, e.port));
    end.is_unix = end.is_unix || !e.port;
    const bool known =
        std::find(end.attempts.begin(), end.attempts.end(), attempt) != end.attempts.end();
    if (!known && end.attempts.size() < most_attempts) {
      end.attempts.push_back(attempt);
    }
  } else if (e.event == "connect" || e.event == "connection") {
    end.local = intern(Identity::address(e.local_address, e.local_port));
    end.remote = intern(Identity::address(e.remote_address, e.remote_port));
    // Both ends of a Unix domain socket are null, only the peer's of one that reset before accept.
    end.is_unix = end.local == 0 && end.remote == 0;
  }
}

void Collection::add(const Entry& entry) {
  const std::uint32_t program = identity_.program(entry);
  const std::int64_t begun = identity_.start_of(program);
  start_ = program == 0 ? begun : std::min(start_, begun);
  const std::int64_t at = begun + static_cast<std::int64_t>(entry.nanoseconds);
  ++count_;

  const auto number = identity_.connection(entry);
  if (!number) {
    // A segment of no connection has no lifeline.
    if (entry.layer == Layer::wire) return;
    Item item = make_item(entry, at);
    if (item.kind == Row::Kind::note) {
      if (!item.text.empty()) notes_.emplace_back(last_end_, std::move(item));
    } else {
      listener_.push_back(std::move(item));
    }
    return;
  }
  if (*number == ends_.size()) {
    End& added = ends_.emplace_back();
    added.server = entry.role != Role::client;
    added.name = fmt::format("{} {}", added.server ? "server" : "client", *entry.conn);
  }
  last_end_ = *number;
  End& end = ends_[*number];
  if (!entry.actor.empty()) {
    end.name = display_start(entry.actor, longest_name);
  }
  learn(end, entry);
  Item item = make_item(entry, at);
  if (item.text.empty()) return;
  if (item.kind == Row::Kind::segment) {
    if (entry.event != "segment") return;
    end.captured = true;
    item.sender = intern(Identity::address(entry.src, {}));
  }
  if (entry.role == Role::listener && entry.event == "connection") {
    Item told = item;
    told.text += " " + addresses_[end.remote];
    told.hints = {};
    told.elsewhere = true;
    listener_.push_back(std::move(told));
  }
  end.items.push_back(std::move(item));
}

}  // namespace tcpkit::diagram
