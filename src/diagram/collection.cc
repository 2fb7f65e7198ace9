#include "diagram/collection.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/escape.h"
#include "record/brief.h"

namespace tcpkit::diagram {
namespace {

using record::Layer;
using record::Role;
namespace ev = record::ev;

constexpr std::size_t longest_name = 20;
/// A name has fewer addresses; a trace that says otherwise shall not cost more.
constexpr std::size_t most_attempts = 64;

Row::Kind kind_of(const record::Record& record) {
  switch (record.layer()) {
    case Layer::call:
      return Row::Kind::call;
    case Layer::event:
      return std::holds_alternative<ev::Failure>(record.body) ||
                     std::holds_alternative<ev::ConnectionAttemptFailed>(record.body)
                 ? Row::Kind::error
                 : Row::Kind::event;
    case Layer::kernel:
      return std::holds_alternative<record::kernel::State>(record.body) ? Row::Kind::state
                                                                        : Row::Kind::kernel;
    case Layer::wire:
      return Row::Kind::segment;
    case Layer::note:
      break;
  }
  return Row::Kind::note;
}

/// Bytes of data that the record is about.
std::uint64_t bytes_of(const record::Body& body) {
  if (const auto* data = std::get_if<ev::Data>(&body)) return data->bytes;
  if (const auto* write = std::get_if<record::call::Write>(&body)) return write->bytes;
  if (const auto* finish = std::get_if<ev::Finish>(&body)) return finish->bytes_written;
  return 0;
}

}  // namespace

std::uint32_t Collection::intern(const std::string& address) {
  if (address.empty()) return 0;
  const auto [it, added] = numbers_.emplace(address, static_cast<std::uint32_t>(addresses_.size()));
  if (added) addresses_.push_back(address);
  return it->second;
}

Item Collection::make_item(const record::Line& line, std::int64_t at) const {
  const record::Body& body = line.record.body;
  Item item;
  item.nanoseconds = at;
  item.order = count_;
  item.bytes = bytes_of(body);
  item.kind = kind_of(line.record);
  item.origin = origin_of(body);
  if (const auto* state = std::get_if<record::kernel::State>(&body)) {
    item.inferred_state = state->inferred;
  }
  item.hints = infer(body);
  if (item.kind == Row::Kind::note) {
    item.text = record::note_words(line.record);
  } else if (const auto* segment = std::get_if<record::wire::Segment>(&body)) {
    item.text = record::segment_words(*segment);
    item.brief = record::brief_segment_words(*segment);
  } else if (item.kind != Row::Kind::segment) {
    item.text = record::brief_words(line);
  }
  return item;
}

/// Takes from a record what it tells of the connection itself.
void Collection::learn(End& end, const record::Body& body) {
  const auto opened = [&](const record::SocketNames& names) {
    end.local = intern(record::brief_address(names.local));
    end.remote = intern(record::brief_address(names.remote));
    // Both ends of a Unix domain socket are null, only the peer's of one that reset before accept.
    end.is_unix = end.local == 0 && end.remote == 0;
  };
  if (const auto* call = std::get_if<record::call::Connect>(&body)) {
    end.target =
        call->port ? record::brief_address(call->host, call->port) : display_start(call->host);
    end.is_unix = end.is_unix || !call->port;
  } else if (const auto* to = std::get_if<ev::ConnectionAttempt>(&body)) {
    const std::uint32_t attempt = intern(record::brief_address(to->ip, to->port));
    end.is_unix = end.is_unix || !to->port;
    const bool known =
        std::find(end.attempts.begin(), end.attempts.end(), attempt) != end.attempts.end();
    if (!known && end.attempts.size() < most_attempts) end.attempts.push_back(attempt);
  } else if (const auto* connect = std::get_if<ev::Connect>(&body)) {
    opened(connect->ends);
  } else if (const auto* connection = std::get_if<ev::Connection>(&body)) {
    opened(connection->ends);
  } else if (const auto* summary = std::get_if<record::note::Summary>(&body)) {
    learn_route(end, *summary->outcome);
  }
}

/// Of a capture, where no event names the ends.
void Collection::learn_route(End& end, const record::Outcome& o) {
  if (end.local != 0 || end.remote != 0 || !o.local_address || !o.remote_address) return;
  const std::uint32_t local = intern(record::brief_address(*o.local_address, o.local_port));
  const std::uint32_t remote = intern(record::brief_address(*o.remote_address, o.remote_port));
  end.local = local;
  end.remote = remote;
  if (end.twin == UINT32_MAX) return;
  ends_[end.twin].local = remote;
  ends_[end.twin].remote = local;
}

void Collection::add(const record::Line& line) {
  const record::Record& record = line.record;
  const std::uint32_t program = identity_.program(line);
  const std::int64_t begun = identity_.start_of(program);
  start_ = program == 0 ? begun : std::min(start_, begun);
  const std::int64_t at = begun + static_cast<std::int64_t>(line.nanoseconds);
  ++count_;

  const auto number = identity_.connection(line);
  if (!number) {
    // A segment of no connection has no lifeline.
    if (record.layer() == Layer::wire) return;
    Item item = make_item(line, at);
    if (item.kind == Row::Kind::note) {
      if (!item.text.empty()) notes_.emplace_back(last_end_, std::move(item));
    } else {
      listener_.push_back(std::move(item));
    }
    return;
  }
  if (*number == ends_.size()) {
    End& added = ends_.emplace_back();
    added.server = record.role != Role::client;
    added.name = fmt::format("{} {}", added.server ? "server" : "client", record.conn);
    added.twin = identity_.twin_of(*number);
    if (added.twin != Index::none) ends_[added.twin].twin = *number;
  }
  last_end_ = *number;
  End& end = ends_[*number];
  if (!record.actor.empty()) {
    end.name = display_start(record.actor, longest_name);
  }
  learn(end, record.body);
  Item item = make_item(line, at);
  if (item.text.empty()) return;
  if (const auto* segment = std::get_if<record::wire::Segment>(&record.body)) {
    end.captured = true;
    item.sender = intern(record::brief_address(segment->src, {}));
  }
  if (record.role == Role::listener && std::holds_alternative<ev::Connection>(record.body)) {
    Item told = item;
    told.text += " " + addresses_[end.remote];
    told.hints = {};
    told.elsewhere = true;
    listener_.push_back(std::move(told));
  }
  end.items.push_back(std::move(item));
}

}  // namespace tcpkit::diagram
