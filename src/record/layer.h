#pragma once

#include <cstdint>
#include <optional>
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

/// Both ends of a connection; null where unknown (a peer that reset before accept) and for Unix
/// sockets, as in Node.
struct Ends {
  std::optional<Address> local;
  std::optional<Address> remote;

  template <class V>
  void fields(V&& visit) const {
    one(visit, local, "localAddress", "localPort", "localFamily");
    one(visit, remote, "remoteAddress", "remotePort", "remoteFamily");
  }

 private:
  template <class V>
  static void one(V& visit, const std::optional<Address>& end, const char* address,
                  const char* port, const char* family) {
    const bool known = end && !end->is_unix();
    std::optional<std::string> host;
    if (known) host = end->host();
    visit(address, host);
    visit(port, known ? std::optional<int>(end->port()) : std::nullopt);
    visit(family, known ? std::optional(end->family_name()) : std::nullopt);
  }
};

/// Bytes that passed. Points into a buffer that lives only as long as the record is being written:
/// a sink that keeps records copies it.
struct Payload {
  std::string_view bytes;
};

}  // namespace tcpkit::record
