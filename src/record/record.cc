#include "record/record.h"

#include <array>
#include <utility>

namespace tcpkit::record {
namespace {

template <std::size_t N, class E>
std::string_view pick(const std::array<std::string_view, N>& names, E value) {
  return names.at(static_cast<std::size_t>(value));
}

}  // namespace

Record::Record(std::uint64_t when, Role who, unsigned connection, std::optional<ReadyState> state,
               Body what, std::string_view whose)
    : nanoseconds(when),
      role(who),
      conn(connection),
      ready_state(state),
      body(std::move(what)),
      actor(whose) {}
Record::Record(const Record& other) = default;
Record::Record(Record&& other) noexcept = default;
Record& Record::operator=(const Record& other) = default;
Record& Record::operator=(Record&& other) noexcept = default;
Record::~Record() = default;

namespace {

SocketName name_of(const std::optional<Address>& address) {
  SocketName name;
  if (!address) return name;
  if (address->is_unix()) {
    name.path = address->host();
  } else {
    name.address = address->host();
    name.port = address->port();
    name.family = address->family_name();
  }
  return name;
}

}  // namespace

SocketNames names_of(const Ends& ends) {
  return {name_of(ends.local), name_of(ends.remote)};
}

ev::Listening ev::Listening::at(const Address& address) {
  if (address.is_unix()) return {address.host(), {}, {}};
  return {address.host(), address.port(), address.family_name()};
}

Layer Record::layer() const {
  return std::visit([](const auto& b) { return b.layer; }, body);
}

std::string_view Record::name() const {
  return std::visit([](const auto& b) { return b.name; }, body);
}

std::string_view to_string(Layer layer) {
  static constexpr std::array<std::string_view, 5> names{"call", "event", "kernel", "wire", "note"};
  return pick(names, layer);
}

std::string_view to_string(Role role) {
  static constexpr std::array<std::string_view, 4> names{"", "client", "listener", "server"};
  return pick(names, role);
}

std::string_view to_string(ReadyState state) {
  static constexpr std::array<std::string_view, 5> names{"opening", "open", "readOnly", "writeOnly",
                                                         "closed"};
  return pick(names, state);
}

std::string_view ev::to_string(TimeoutKind kind) {
  static constexpr std::array<std::string_view, 4> names{"idle", "connect", "accept", "deadline"};
  return pick(names, kind);
}

}  // namespace tcpkit::record
