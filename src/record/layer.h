#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/address.h"

namespace tcpkit::record {

enum class Layer : std::uint8_t { call, event, kernel, wire, note };
enum class Role : std::uint8_t { none, client, listener, server };
/// Node's socket.readyState.
enum class ReadyState : std::uint8_t { opening, open, read_only, write_only, closed };

std::string_view to_string(Layer layer);
std::string_view to_string(Role role);
std::string_view to_string(ReadyState state);

/// Both ends of a connection; empty where unknown (a peer that reset before accept). In the trace
/// also Unix sockets are null, as in Node.
struct Ends {
  std::optional<Address> local;
  std::optional<Address> remote;
};

/// One of them as a record has it. What was read from a trace may be no address of any machine.
struct SocketName {
  std::optional<std::string> address;
  std::optional<int> port;
  std::optional<std::string_view> family;  ///< Address::family_name()
  std::optional<std::string> path;         ///< of a Unix socket; not in the trace
};

struct SocketNames {
  SocketName local;
  SocketName remote;

  static void fields(auto& e, auto&& visit) {
    visit("localAddress", e.local.address);
    visit("localPort", e.local.port);
    visit("localFamily", e.local.family);
    visit("remoteAddress", e.remote.address);
    visit("remotePort", e.remote.port);
    visit("remoteFamily", e.remote.family);
  }
};

SocketNames names_of(const Ends& ends);

/// Bytes that passed. Points into a buffer that lives only as long as the record is being written:
/// a sink that keeps records copies it.
struct Payload {
  std::string_view bytes;
};

}  // namespace tcpkit::record
